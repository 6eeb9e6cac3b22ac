"""What this process's users know of their rooms: who is in them, what mail lies there, what must be seen.

It is the model that answers are held against while they come. Requests of one room may overlap: then an
answer may show any order of them, and nothing else. A room of whose state anything is unknown, since a
request of it got no good answer, is judged no further.
"""

from __future__ import annotations

import random
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from gevent.event import Event

from load.sending import Reply, Wrong
from protocol.spec import Spec
from protocol.whose import NEWEST, ONCE

Kind = Literal["offer", "answer"]
FRESH_S = 2.0  # a room is new for so long: that it is missing then is CONC-3's matter
CROWD = 4  # people in one room who are not its broadcaster, at most
REMEMBERED = 500  # rooms that are over, to see that they stay away
COMPANION_S = 0.5  # so long somebody waits for a companion, to come into a room in the same instant
TOGETHER = 0.25  # the share of visits that are made in company


@dataclass(eq=False)
class Mail:
    """One offer or answer that was posted. `settled` is when its 200 came, 0 before; `taken` once it was
    read; `lost` once it was missed.
    """

    room: Room
    kind: Kind
    text: str
    sender: str
    settled: float = 0.0
    taken: bool = False
    lost: bool = False
    replaced: float = 0.0


@dataclass(eq=False)
class Move:
    """A join (+1) or a leave (-1) under way; `low` and `high` bound the count right after it."""

    step: int
    low: int
    high: int
    alone: bool = True
    mixed: bool = False


@dataclass(eq=False)
class Visit:
    """A viewer who has joined and wants an offer; `turn` is set when it is its turn, or over; `connected`
    once the broadcaster has its answer, or it is over.
    """

    viewer: str
    turn: Event = field(default_factory=Event)
    connected: Event = field(default_factory=Event)
    over: bool = False
    offered: bool = False


@dataclass(eq=False)
class Room:
    """A room of this run. Times are of time.perf_counter()."""

    id: str
    owner: str
    created: float
    count: int = 1
    open: bool = True
    doubtful: bool = False
    active: float = 0.0
    expected: int = 0
    version: int = 0
    served: set[str] = field(default_factory=set)
    moves: list[Move] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)
    boxes: dict[Kind, list[Mail]] = field(default_factory=lambda: {"offer": [], "answer": []})
    queue: deque[Visit] = field(default_factory=deque)
    knocks: dict[str, int] = field(default_factory=dict)

    @property
    def visit(self) -> Visit | None:
        """Whose turn it is."""
        return self.queue[0] if self.queue else None


class Lobby:
    """The rooms of this process."""

    def __init__(
        self,
        spec: Spec,
        clock: Callable[[], float] = time.perf_counter,
        *,
        crowd: int = CROWD,
        turns: bool = True,
    ) -> None:
        """`crowd`: visitors of a room at once, at most; without `turns` all of them poll at once, which is
        judged only where no offer ever comes.
        """
        self.spec = spec
        self._crowd = crowd
        self._turns = turns
        self._clock = clock
        self._rooms: dict[str, Room] = {}
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._mail: OrderedDict[str, Mail] = OrderedDict()
        self._companion: tuple[Room, Event] | None = None
        timings = spec.timings
        self._mail_lives = {
            "offer": timings["offer_lifetime"] - timings["grace_before"],
            "answer": timings["answer_lifetime"] - timings["grace_before"],
        }
        self._listed_s = timings["listing_window"] - timings["grace_before"]

    # -- rooms

    def opened(self, room_id: str, owner: str, *, listed: bool = True) -> Room:
        """A room was created. One that is not listed is in nobody's choice."""
        now = self._clock()
        room = Room(room_id, owner, now, open=listed, active=now)
        self._rooms[room_id] = room
        return room

    def closed(self, room: Room) -> None:
        """Nobody comes in any more, and who waits gives up."""
        room.open = False
        self._rooms.pop(room.id, None)
        for visit in list(room.queue):
            self.finish(room, visit)

    def choose(self, chance: random.Random) -> Room | None:
        """A room for a viewer; None where there is none with a place."""
        free = [room for room in self._rooms.values() if room.open and room.expected < self._crowd]
        if not free:
            return None
        room = chance.choice(free)
        room.expected += 1
        return room

    def accompany(self, chance: random.Random) -> Room | None:
        """As `choose`, with somebody who comes into the same room in this instant, if anybody comes soon."""
        waiting = self._companion
        if waiting is not None and waiting[0].open and waiting[0].expected < self._crowd:
            self._companion = None
            room, met = waiting
            room.expected += 1
            met.set()
            return room
        chosen = self.choose(chance)
        if chosen is None or chance.random() > TOGETHER:
            return chosen
        met = Event()
        self._companion = (chosen, met)
        met.wait(COMPANION_S)
        if self._companion is not None and self._companion[1] is met:
            self._companion = None
        return chosen

    def gone(self, room: Room) -> None:
        """A viewer who had chosen the room does without it, or has left it."""
        room.expected -= 1

    def arrive(self, room: Room, viewer: str) -> Visit:
        """A viewer has joined and waits for its turn to be connected: one after the other."""
        visit = Visit(viewer)
        room.queue.append(visit)
        if not room.open:
            self.finish(room, visit)
        elif len(room.queue) == 1 or not self._turns:
            visit.turn.set()
        return visit

    def finish(self, room: Room, visit: Visit) -> None:
        """It is connected, or has given up: the next one's turn."""
        if visit.over:
            return
        visit.over = True
        if visit in room.queue:
            room.queue.remove(visit)
        visit.turn.set()
        visit.connected.set()
        if room.queue:
            room.queue[0].turn.set()

    # -- who is in

    def moving(self, room: Room, step: int) -> Move:
        """A join or a leave is about to be sent."""
        room.version += 1
        others = room.moves
        move = Move(
            step,
            room.count + step + sum(other.step for other in others if other.step < 0),
            room.count + step + sum(other.step for other in others if other.step > 0),
        )
        for other in others:
            move.alone = other.alone = False
            if other.step != step:
                move.mixed = other.mixed = True
            if step < 0:
                other.low += step
            else:
                other.high += step
        others.append(move)
        return move

    def moved(self, room: Room, move: Move, *, good: bool) -> None:
        """Its answer is there; `good` says that it was done, else nobody knows."""
        if move not in room.moves:
            return
        room.moves.remove(move)
        room.version += 1
        if not good:
            room.doubtful = True
            return
        room.count += move.step
        room.active = self._clock()
        room.changed.add("join" if move.step > 0 else "leave")
        if move.mixed:
            room.changed.add("mixed")
        if not move.alone:
            room.changed.add("at once")
        if room.count == 0 and not (room.moves or room.doubtful):
            self._ended[room.id] = self._clock()
            while len(self._ended) > REMEMBERED:
                self._ended.popitem(last=False)

    def refused(self, room: Room, move: Move) -> None:
        """It was refused: nothing is changed by it."""
        if move in room.moves:
            room.moves.remove(move)
            room.version += 1

    def counted(
        self, room: Room, shown: object, low: int, high: int, own: Move | None = None
    ) -> Wrong | None:
        """What is wrong with a participantCount that must be between these; `own` is the move it shows."""
        changed = room.changed
        if room.doubtful or not isinstance(shown, int):
            return None
        if low <= shown <= high:
            if all(move is own for move in room.moves):
                room.changed = set()  # all that changed is seen
            return None
        room.doubtful = True  # said once
        if changed & {"at once", "mixed"}:
            whose = "CONC-4" if {"join", "leave"} <= changed else "CONC-2"
        elif shown > high and "leave" in changed:
            whose = "ROOM-7"
        else:
            whose = "ROOM-5"
        than = "fewer" if shown < low else "more"
        return Wrong(f"participantCount shows {than} people than are in the room", whose)

    def joined(self, room: Room, move: Move, shown: object) -> Wrong | None:
        """Of the answer to a join."""
        room.changed.add("join")
        if not move.alone:
            room.changed.add("at once")
        return self.counted(room, shown, move.low, move.high, move)

    def unchanged(self, room: Room, version: int, shown: object) -> Wrong | None:
        """Of a count shown by an answer whose request was sent at this version of the room."""
        if room.moves or room.version != version:
            return None  # somebody comes or leaves meanwhile
        return self.counted(room, shown, room.count, room.count)

    # -- listings

    def listing(self, room: Room | None, chance: random.Random) -> Callable[[Reply], Wrong | None]:
        """A check of a listing that is sent now: `room` must be in it, and those that are over must not.

        Of the others that must be there one is looked for, by chance.
        """
        now = self._clock()
        sought = [room] if room is not None else []
        if self._rooms:
            other = chance.choice(list(self._rooms.values()))
            sought += [other] if other.open and other is not room else []
        sought = [one for one in sought if one.open and not one.doubtful and self._still_listed(one, now)]
        over = set(self._ended)
        before = {one.id: one.version for one in sought}

        def check(reply: Reply) -> Wrong | None:
            shown = {one["roomId"]: one for one in reply.rooms}
            for one in sought:
                if not one.open or one.doubtful:
                    continue  # it was left in the meantime
                found = shown.get(one.id)
                if found is None:
                    whose = "CONC-3" if now - one.created < FRESH_S else "ROOM-10"
                    return Wrong("a room that was active within the listing window is not listed", whose)
                wrong = self.unchanged(one, before[one.id], found.get("participantCount"))
                if wrong is not None:
                    return wrong
            if over & shown.keys():
                return Wrong("a room that its last participant has left is listed", "ROOM-8")
            return None

        return check

    def _still_listed(self, room: Room, now: float) -> bool:
        return now - room.active < self._listed_s

    # -- mail

    def post(self, room: Room, kind: Kind, text: str, sender: str) -> Mail:
        """Mail is about to be sent."""
        mail = Mail(room, kind, text, sender)
        room.boxes[kind].append(mail)
        self._mail[text] = mail
        while len(self._mail) > REMEMBERED * 20:
            self._mail.popitem(last=False)
        return mail

    def posted(self, mail: Mail, *, good: bool) -> None:
        """Its answer is there."""
        box = mail.room.boxes[mail.kind]
        if not good:
            mail.room.doubtful = True
            return
        mail.settled = self._clock()
        for older in box[: box.index(mail)] if mail in box else []:
            older.replaced = mail.settled
        box[:] = [one for one in box if not (one.replaced or one.taken)]

    def withdraw(self, mail: Mail) -> None:
        """It was not sent after all."""
        mail.taken = True

    def due(self, room: Room, kind: Kind, reader: str) -> Mail | None:
        """The mail that a read which is sent now must bring."""
        now, lives = self._clock(), self._mail_lives[kind]
        box = room.boxes[kind]
        if room.doubtful or len(box) != 1:
            return None
        mail = box[0]
        known = mail.settled and now - mail.settled < lives and not (mail.taken or mail.lost)
        return mail if known and mail.sender != reader else None

    def reading(self, room: Room, kind: Kind, reader: str) -> Callable[[Reply], Wrong | None]:
        """A check of a read that is sent now by this user."""
        due, began = self.due(room, kind, reader), self._clock()

        def check(reply: Reply) -> Wrong | None:
            if reply.status == 200:
                return self._read(room, kind, reply.body, began)
            if due is None or due.taken or room.doubtful:
                return None
            due.lost = True
            # The spec says of offers in so many words that they are there until their lifetime ends.
            whose = "MBOX-6" if kind == "offer" else ONCE[kind]
            return Wrong(f"an {kind} that was posted and never read is not there", whose)

        return check

    def _read(self, room: Room, kind: Kind, body: dict[str, Any], began: float) -> Wrong | None:
        text = body.get(kind)
        mail = self._mail.get(text) if isinstance(text, str) else None
        if mail is None or mail.kind != kind:
            whose = "MBOX-1" if kind == "offer" else ONCE[kind]
            return Wrong(f"an {kind} that nobody has posted like this", "" if room.doubtful else whose)
        if mail.room is not room:
            return Wrong(f"an {kind} of another room", "MBOX-8")
        if mail.taken:
            return Wrong(f"an {kind} that was read before", ONCE[kind])
        mail.taken = True
        mail.room.boxes[kind][:] = [one for one in room.boxes[kind] if one is not mail]
        if 0 < mail.replaced < began and not room.doubtful:
            return Wrong(f"an {kind} that a newer one has replaced", NEWEST[kind])
        if body.get("fromUserId") != mail.sender:
            return Wrong(f"an {kind} that says to be from somebody else", "MBOX-1" if kind == "offer" else "")
        return None

    # -- knocks

    def knocked(self, room: Room, viewer: str) -> None:
        """An empty candidate is about to be sent."""
        room.knocks[viewer] = room.knocks.get(viewer, 0) + 1

    def heard(self, room: Room, sender: object, heard: dict[str, int]) -> Wrong | None:
        """A candidate came to the broadcaster, who has heard so many of each until now."""
        if not isinstance(sender, str) or sender not in room.knocks:
            return None if room.doubtful else Wrong("a candidate from nobody who posted one here", "ICE-5")
        heard[sender] = heard.get(sender, 0) + 1
        if heard[sender] > room.knocks[sender]:
            return Wrong("a candidate that came before the same cursor's end", "ICE-5")
        return None

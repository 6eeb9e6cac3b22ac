"""An actor: one person at a time, its connection, its place in time, and the verbs that roles are made of.

Each verb sends one request and holds its answer against the lobby. A verb that no budget is left for raises
Spent: then its role goes on as somebody else.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gevent

from load.lobby import Kind, Lobby, Move, Room
from load.people import People, Person, chance
from load.profiles import Pace
from load.sending import OK, OR_NONE, Check, Client, Outlet, Reply, Wrong
from protocol.marks import mark
from protocol.spec import Spec

BYE_S = 1.0  # for leaving a room when the user is stopped: what does not answer then is left alone
EVERYBODY = 1_000_000
RETRY_S = 1.0  # after a refusal that should not be, before it is tried again
SDP_LINES = 24  # of a session description: what a browser sends of one data channel has about as many


class Spent(Exception):
    """A budget of this person is used up, or its token ends: its role goes on as somebody else."""


class Lost(Spent):
    """The target says that a room is not there, which was a fault: its people go on elsewhere."""


@dataclass(frozen=True)
class World:
    """What the users of one process share. `zero` is the epoch in seconds of time.perf_counter()."""

    spec: Spec
    outlet: Outlet
    people: People
    lobby: Lobby
    pace: Pace
    seed: int
    ice: bool
    party: bool
    zero: float

    @classmethod
    def of(cls, outlet: Outlet, people: People, pace: Pace, seed: int) -> World:
        claimed = outlet.target.profiles
        zero = time.perf_counter() - time.time()
        # Where nobody answers, everybody polls: that is then the load.
        lobby = Lobby(outlet.spec) if pace.offers else Lobby(outlet.spec, crowd=EVERYBODY, turns=False)
        return cls(outlet.spec, outlet, people, lobby, pace, seed, "ice" in claimed, "party" in claimed, zero)

    def grid(self, every: float, start: float, luck: random.Random) -> Grid:
        """When something is done that is done again and again: in step with everybody's, or by chance."""
        anchor = self.zero if self.pace.in_step else start + luck.uniform(0, every)
        return Grid(every, anchor, start)


class Grid:
    """The instants at which something is due, in seconds of time.perf_counter()."""

    def __init__(self, every: float, anchor: float, start: float) -> None:
        self.every = every
        self._anchor = anchor
        self.next = self._after(start)

    def done(self, answered: float) -> None:
        """The one that was due is answered. Those that went by until then are left out, since nobody catches
        up: what they would have taken is counted by `every` of the sample. None is left out for anything else
        that the user waited for: it is late.
        """
        self.next = self._after(max(self.next, answered))

    def _after(self, moment: float) -> float:
        steps = (moment - self._anchor) // self.every + 1
        following = self._anchor + steps * self.every
        # Halfway between two points rounding may name the same one again.
        return following if following > moment + self.every * 1e-6 else following + self.every


class Actor:
    """`due` is when the next thing is meant to happen: when the last answer came, or as it was planned."""

    def __init__(self, world: World, number: int, role: str) -> None:
        self.world = world
        self.lobby = world.lobby
        self.client = Client(world.outlet)
        self.chance = chance(world.seed, role, number)
        self.inside: Room | None = None
        self.due = time.perf_counter()
        self._person: Person | None = None

    @property
    def person(self) -> Person:
        assert self._person is not None, "an actor is somebody before it acts"
        return self._person

    @property
    def identity(self) -> str:
        """Who it is; "" where it is nobody."""
        return self._person.id if self._person is not None else ""

    def may(self, needs: Iterable[tuple[str, int]], seconds: float) -> bool:
        """Whether it is somebody with these budgets and a token for so long (as tokens last, at most)."""
        seconds = min(seconds, self.world.spec.timings["access_token_lifetime"] / 3)
        return self._person is not None and self._person.can(needs) and self._person.lasts(seconds)

    def be_somebody(self, needs: Iterable[tuple[str, int]], seconds: float) -> None:
        """Stays who it is, or becomes somebody with these budgets and a token for so long."""
        needs = tuple(needs)
        if not self.may(needs, seconds):
            self.become_another()
            with self.ours():
                self._person = self.world.people.resume(needs)
            self.client.sign_in(self._person.minted, self._person.address)

    def become_another(self) -> None:
        """Is nobody any more, until it has to be somebody."""
        if self._person is not None:
            self.world.people.give_back(self._person)
            self._person = None

    def bye(self) -> None:
        """Leaves where it can, within a second: it is being stopped."""
        try:
            with gevent.Timeout(BYE_S, False):
                if self.inside is not None and self._person is not None:
                    self.due = time.perf_counter()
                    self.leave()
        except Spent:
            pass

    def end(self) -> None:
        """Leaves where it can, and is nobody any more."""
        try:
            self.bye()
        finally:
            self.client.close()
            self.become_another()

    # -- time

    def until(self, moment: float) -> None:
        """Waits; what follows is meant to happen at that moment, also where it is over by now."""
        self.due = moment
        gevent.sleep(max(0.0, moment - time.perf_counter()))

    @contextmanager
    def ours(self) -> Iterator[None]:
        """What is waited for in it is our own doing, and makes nothing late."""
        before = time.perf_counter()
        yield
        self.due += time.perf_counter() - before

    def pause(self, span: tuple[float, float]) -> None:
        self.until(self.due + self.chance.uniform(*span))

    # -- requests

    def send(
        self,
        name: str,
        *,
        grid: Grid | None = None,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
        accepts: frozenset[int] = OK,
        whose: str = "",
        check: Check | None = None,
        room: str = "",
    ) -> Reply:
        """`grid` is what it lies on, where it is due again and again."""
        person = self.person
        if person.ledger.left(name, room) <= 0 or not person.lasts(-15.0):
            raise Spent(name)
        person.ledger.spend(name, room)
        request = self.client.request(name, params=params, query=query, fields=fields)
        every = grid.every if grid is not None else 0.0
        try:
            reply = self.client.send(
                request, self.due, every=every, accepts=accepts, whose=whose, check=check
            )
        finally:
            person.ledger.answered(name, room)
        self.due = reply.ended
        if grid is not None:
            grid.done(reply.ended)
        return reply

    # -- rooms

    def create(self, *, listed: bool = True) -> Room | None:
        """Creates a room; None where that failed."""
        fields = {"broadcasterId": self.person.id, "broadcasterName": self.person.name, "isPublic": listed}
        reply = self.send("createRoom", fields=fields, whose="ROOM-1", check=self._made)
        if not reply.good:
            return None
        room = self.lobby.opened(reply.room["roomId"], self.person.id, listed=listed)
        self.inside = room
        return room

    def _made(self, reply: Reply) -> Wrong | None:
        if reply.room.get("participantCount") != 1:
            return Wrong("a new room has not one participant", "ROOM-1")
        if reply.room.get("broadcasterId") != self.person.id:
            return Wrong("a new room is somebody else's", "ROOM-1")
        return None

    def join(self, room: Room) -> bool:
        move = self.lobby.moving(room, +1)
        good = refused = False

        def check(reply: Reply) -> Wrong | None:
            nonlocal good, refused
            if reply.status == 404:
                refused = True
                alive = room.open and not room.doubtful
                return Wrong("404 for a room with people in it", "ROOM-5") if alive else None
            good = True
            if reply.room.get("roomId") != room.id:
                return Wrong("the answer shows another room", "ROOM-5")
            return self.lobby.joined(room, move, reply.room.get("participantCount"))

        try:
            fields = {"roomId": room.id, "userId": self.person.id, "userName": self.person.name}
            self.send("joinRoom", fields=fields, accepts=OR_NONE, whose="ROOM-5", check=check)
        except Spent:
            refused = True
            raise
        finally:
            self._settle(room, move, good=good, refused=refused)
        if good:
            self.inside = room
        return good

    def leave(self) -> None:
        room = self.inside
        if room is None:
            return
        if room.owner == self.person.id:
            self.lobby.closed(room)
        move = self.lobby.moving(room, -1)
        good = refused = False
        try:
            fields = {"roomId": room.id, "userId": self.person.id}
            good = self.send("leaveRoom", fields=fields, whose="ROOM-7").good
        except Spent:
            refused = True
            raise
        finally:
            self.inside = None
            room.served.discard(self.person.id)
            self._settle(room, move, good=good, refused=refused)

    def _settle(self, room: Room, move: Move, *, good: bool, refused: bool) -> None:
        if refused:
            self.lobby.refused(room, move)
        else:
            self.lobby.moved(room, move, good=good)

    def beat(self, room: Room, grid: Grid) -> None:
        version = room.version

        def check(reply: Reply) -> Wrong | None:
            room.active = reply.ended
            shown = reply.room
            return self.lobby.unchanged(room, version, shown.get("participantCount")) if shown else None

        reply = self.send(
            "heartbeat", grid=grid, fields={"roomId": room.id}, whose="ROOM-11", check=check, room=room.id
        )
        if reply.status == 404:
            room.doubtful = True
            self.lobby.closed(room)
            self.inside = None
            raise Lost(room.id)

    def look(self, room: Room | None, grid: Grid | None = None) -> Reply:
        """Lists the rooms; this one must be among them."""
        check = self.lobby.listing(room, self.chance)
        return self.send("listRooms", grid=grid, whose="ROOM-10", check=check)

    # -- mail

    def post(self, room: Room, kind: Kind) -> bool:
        """Posts a new offer or answer."""
        text = _description()
        mail = self.lobby.post(room, kind, text, self.person.id)
        good = False
        try:
            name = "sendOffer" if kind == "offer" else "sendAnswer"
            fields = {"roomId": room.id, kind: text, "type": kind}
            good = self.send(name, fields=fields, whose="MBOX-1" if kind == "offer" else "").good
        except Spent:
            good = True  # it was never sent: nothing is in doubt
            self.lobby.withdraw(mail)
            raise
        finally:
            self.lobby.posted(mail, good=good)
        return good

    def read(self, room: Room, kind: Kind, grid: Grid | None = None) -> bool:
        """Reads the box; True where there was something in it that is right."""
        name = "getOffer" if kind == "offer" else "getAnswer"
        check = self.lobby.reading(room, kind, self.person.id)
        sure = False
        try:
            reply = self.send(name, grid=grid, params={"roomId": room.id}, accepts=OR_NONE, check=check)
            sure = not reply.fault
        except Spent:
            sure = True
            raise
        finally:
            room.doubtful |= not sure  # what the answer would have brought may be lost
        return reply.good

    # -- candidates

    def knock(self, room: Room) -> None:
        self.lobby.knocked(room, self.person.id)
        empty = {"candidate": "", "sdpMid": None, "sdpMLineIndex": None}
        self.send("sendCandidate", fields={"roomId": room.id, "candidate": empty}, whose="ICE-5")

    def servers(self) -> None:
        self.send("getIceServers", whose="ICE-1")


def _description() -> str:
    """A session description of a usual length, unlike any other."""
    own = mark()
    lines = ["v=0", "o=- 1 1 IN IP4 0.0.0.0", f"s={own}", "t=0 0"]
    lines += [f"a=parley:{number} {own}" for number in range(SDP_LINES)]
    return "\r\n".join(lines) + "\r\n"

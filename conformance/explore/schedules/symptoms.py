"""What is wrong with a play, if anything, and whose requirement it is. Sends nothing.

A play is judged by the model of one room (one_room.py): whatever the order of what went on at once. Whose
requirement it is, is read off what the history holds beside, so a schedule is shortened (shorten.py) before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.explore.schedules.one_room import LOOKS, POSTS, READS, Inside, OneRoom
from conformance.explore.schedules.playing import MISTAKEN, Played
from conformance.explore.schedules.schedule import VERBS
from conformance.explore.schedules.wanted import complaint
from protocol.linearizability import Bound, Operation, State, decide, search
from protocol.whose import NEWEST, ONCE
from reports.reproduction.fault import Complaint

Symptom = tuple[str, tuple[str | None, ...]]  # in words, and the requirements that it may be told by
Asks = Callable[[Complaint], bool]
# Where nobody's coming and going explains why a participant is refused.
REFUSED = {
    "join": "ROOM-5",
    "leave": "ROOM-7",
    "heartbeat": "ROOM-11",
    "offer": "MBOX-1",
    "poll": "MBOX-1",
    "answer": "MBOX-3",
    "poll-answer": "MBOX-3",
    "candidate": "ICE-5",
    "poll-candidates": "ICE-5",
}
WHOLE = {"offer": "MBOX-1", "answer": "MBOX-3"}
BY_ITSELF = "an answer in a schedule"  # that is wrong whatever went before
CHANGED_BY = {"offer": ("MBOX-1",), "answer": ()}  # how an answer comes back no requirement says
# These may come of whatever went before.
LOST, STALE = "what should be there is lost", "what was replaced comes"
OUT, COUNT, UNLISTED = "a participant is refused", "a wrong participantCount", "a room is not listed"
UNSURE = (LOST, STALE, OUT, COUNT, UNLISTED)


@dataclass(frozen=True)
class Problem:
    """`what` is the symptom in a few words, `exchange` the one that shows it."""

    what: str
    complaint: Complaint
    operation: str
    exchange: int

    @property
    def key(self) -> tuple[str, ...]:
        """What a shorter schedule has to show to be the same."""
        said = self.complaint
        exactly = (said.where, said.requirement or "") if self.what == BY_ITSELF else ()
        return self.what, self.operation, *exactly

    @property
    def sure(self) -> bool:
        """Whether the symptom itself says whose requirement it is, however long the schedule."""
        return not self.what.startswith(UNSURE)


def problems(played: Played, asks: Asks) -> list[Problem]:
    """What the model and the oracle have to say of a play. First the first of what the model says: what is
    wrong with an answer by itself may be wrong with every one, and must not hide it. Of the latter each
    requirement and place comes once.
    """
    of_the_play = [*_of_rooms(played, asks), *_of_activity(played, asks)]
    found = sorted(of_the_play, key=lambda one: one.exchange)[:1]
    seen: set[tuple[str | None, str]] = set()
    for said, place in played.stage.complaints:
        if (said.requirement, said.where) not in seen:
            seen.add((said.requirement, said.where))
            record = played.stage.records[place]
            operation = str(record.get("operation", ""))
            found.append(Problem(BY_ITSELF, said, operation, int(record.get("id", 0))))
    return found


def _of_rooms(played: Played, asks: Asks) -> Iterator[Problem]:
    if played.unclear:
        return
    for room, history in played.rooms.items():
        broken = first_broken(history)
        if broken is None:
            continue
        culprit, states = broken
        case = Case(played, room, history, culprit, states)
        assert culprit.ref is not None, "each operation of a play has its exchange"
        answer = played.answers[culprit.ref]
        what, requirements = case.symptom()
        for requirement in requirements:
            said = complaint(requirement, states, culprit, answer, case.text)
            if asks(said):
                yield Problem(what, said, answer.operation, culprit.ref)
                break


def first_broken(history: Sequence[Operation]) -> tuple[Operation, tuple[State, ...]] | None:
    """The first answer that no order of what was done till then explains, and the states in which it would
    have had to come to pass. None where all is explained, or cannot be decided.
    """
    if decide(history, OneRoom(), None) != "violated":
        return None
    returns = sorted((one for one in history if one.known), key=lambda one: one.returned)
    low, high = 0, len(returns) - 1  # once a part from the beginning is violated, all longer ones are
    while low < high:
        middle = (low + high) // 2
        if decide(_until(history, returns[: middle + 1]), OneRoom(), None) == "violated":
            high = middle
        else:
            low = middle + 1
    part = _until(history, returns[: high + 1])
    found = search(part, OneRoom(), None, Bound())
    place = next(at for at, one in enumerate(part) if one is returns[high])
    return returns[high], tuple(found.refused.get(place, {}))


def _until(history: Sequence[Operation], returned: Sequence[Operation]) -> list[Operation]:
    """The history as it was known when these had returned."""
    known = {id(one) for one in returned}
    last = returned[-1].returned
    return [one if id(one) in known else one.forgotten() for one in history if one.called <= last]


def _of_activity(played: Played, asks: Asks) -> Iterator[Problem]:
    """What was shown of a room never goes back in time (ROOM-11)."""
    if played.unclear:
        return
    for later in played.activity:
        for earlier in played.activity:
            if earlier.room == later.room and earlier.returned < later.called and later.at < earlier.at:
                history = played.rooms[later.room]
                raced = any(
                    _overlap(one, other)
                    for one in history
                    for other in history
                    if one.what == "join" and other.what == "heartbeat" and one.called < later.returned
                )
                for requirement in ("CONC-6", "ROOM-11") if raced else ("ROOM-11",):
                    wanted = f"a lastActivity of {earlier.at:.0f} or later, as was shown before"
                    said = Complaint(requirement, "answer", wanted, f"lastActivity {later.at:.0f}")
                    if asks(said):
                        operation = VERBS[played.steps[later.ref].verb]
                        yield Problem("a room's activity goes back in time", said, operation, later.ref)
                        return


class Case:
    """One violation, with what led to it."""

    def __init__(
        self,
        played: Played,
        room: str,
        history: Sequence[Operation],
        culprit: Operation,
        states: Sequence[State],
    ) -> None:
        self.played = played
        self.room = room
        self.culprit = culprit
        self.before = [one for one in history if one.called < culprit.returned]
        self.state = states[0] if states else None

    def text(self, name: str) -> str | None:
        sent = self.played.named(name)
        return sent.text if sent is not None else None

    def symptom(self) -> Symptom:
        """Of the requirements the first counts that the target claims. None is of what none is about."""
        culprit, status = self.culprit, (self.culprit.output or {})["status"]
        what, who = culprit.what, culprit.who
        if what in LOOKS:
            return self._look()
        if what == "create":
            return "a room is not made", ("ROOM-1",)
        if what in READS and status == 200:
            return self._mail(READS[what])
        if what == "poll-candidates" and status == 200 and self._is_in(who):
            return self._candidates()
        if not isinstance(self.state, Inside):
            return self._of_gone(what, status)
        if self._is_in(who) or what == "join":
            if what in READS and status == 404:
                return self._lost(READS[what])
            return OUT, (*self._membership(), REFUSED.get(what))
        if status == 200:
            return "somebody outside takes part", ("MBOX-12",)
        return "somebody outside is answered wrongly", ("MBOX-12",)

    # -- what is wrong with mail

    def _mail(self, kind: str) -> Symptom:
        """Of a read that brought something."""
        name = (self.culprit.output or {})["mail"]
        sent = self.played.named(name) if name else None
        if name is None:
            return f"an empty {kind} box is 200", ("MBOX-10",)
        if sent is None and name.endswith(MISTAKEN):
            return f"an {kind} comes as if somebody else had sent it", (*CHANGED_BY[kind], "MBOX-13")
        if sent is None:
            return f"an {kind} comes that nobody sent so", (*CHANGED_BY[kind], None)
        if sent.room != self.room:
            return f"an {kind} of another room comes", ("MBOX-8",)
        if sent.kind != kind:
            return f"an {sent.kind} comes as {kind}", ("MBOX-9",)
        reads = [one for one in self.before if one.what == self.culprit.what and one is not self.culprit]
        reads = [one for one in reads if (one.output or {}).get("mail") == name]
        if reads:
            raced = any(_overlap(one, self.culprit) for one in reads)
            return f"an {kind} is read twice", (*(("CONC-1",) if raced else ()), ONCE[kind])
        if not isinstance(self.state, Inside):
            return f"an {kind} comes out of a room that is gone", ("MBOX-10",)
        if not self._is_in(self.culprit.who):
            return f"somebody outside reads an {kind}", ("MBOX-12",)
        return f"{STALE}: an {kind}", (*self._raced(kind), NEWEST[kind])

    def _lost(self, kind: str) -> Symptom:
        """Of a read that found nothing where something should be."""
        moved = self._membership() if self._came_and_went_at_once() else ()
        mail = self.state.box(kind) if isinstance(self.state, Inside) else None
        after = self._since(mail.name) if mail is not None else self.before
        others = {one.what for one in after} & set(OTHER_BOX[kind])
        mixed = ("MBOX-9",) if others else ()
        return f"{LOST}: an {kind}", (*moved, *self._raced(kind), *mixed, WHOLE[kind])

    def _candidates(self) -> Symptom:
        items = (self.culprit.output or {})["items"]
        sent = [self.played.named(name) for name in items]
        if any(one is not None and one.room != self.room for one in sent):
            return "a candidate of another room comes", ("MBOX-8",)
        if any(one is not None and one.by.actor == self.culprit.who for one in sent):
            return "one's own candidate comes back", ("ICE-5",)
        due = (
            self.state.since(self.culprit.input[1], self.culprit.who)
            if isinstance(self.state, Inside)
            else []
        )
        if set(due) - set(items):
            return f"{LOST}: a candidate", ("ICE-5",)
        if len(items) > len(due):
            return "a candidate comes again", ("ICE-5",)
        return "candidates come in another order", ("ICE-5",)

    # -- who is in the room

    def _look(self) -> Symptom:
        output = self.culprit.output or {}
        if output.get("there") is False:
            rooms = self.played.rooms.values()
            made = [one for history in rooms for one in history if one.what == "create"]
            raced = any(_overlap(one, other) for one in made for other in made if one is not other)
            maker = self._known("create")[0].who if self._known("create") else ""
            gone = any(one.who == maker for one in self._known("leave"))
            last = ("ROOM-7",) if gone else ("ROOM-10",)
            return UNLISTED, (*(("CONC-3",) if raced else ()), *last)
        if not isinstance(self.state, Inside):
            return "a room that all have left is there", ("ROOM-8",)
        return COUNT, self._membership() or ("ROOM-1",)

    def _of_gone(self, what: str, status: int) -> Symptom:
        if what == "join":
            return "a room that all have left is joined", ("ROOM-8",)
        if what == "heartbeat":
            return "a room that all have left has a heartbeat", ("ROOM-14",)
        if what == "leave":
            return "a room that all have left is left", ("ROOM-15",)
        if what in POSTS or what == "candidate":
            return "a room that all have left takes mail", ("MBOX-11",)
        return "a room that all have left is read", ("MBOX-12",)

    def _membership(self) -> tuple[str, ...]:
        """Whose matter it is that somebody counts as in the room or out of it."""
        joins, leaves = self._known("join"), self._known("leave")
        moves = [*joins, *leaves]
        beats = self._known("heartbeat")
        found: list[str] = []
        if any(_overlap(one, other) for one in moves for other in leaves):
            found.append("CONC-4")
        elif any(_overlap(one, other) for one in joins for other in joins if one is not other):
            found.append("CONC-2")
        elif any(_overlap(one, other) for one in joins for other in beats):
            found.append("CONC-6")
        inside: set[str] = set()
        for one in sorted([*self._known("create"), *moves], key=lambda one: (one.called, one.returned)):
            again = one.who in inside
            if one.what == "leave":
                if not again:
                    found.append("ROOM-9")
                inside.discard(one.who)
            else:
                if again:
                    found.append("ROOM-6")
                inside.add(one.who)
        return tuple(dict.fromkeys([*found, *(["ROOM-7"] if leaves else ["ROOM-5"] if joins else [])]))

    def _came_and_went_at_once(self) -> bool:
        moves = [*self._known("join"), *self._known("leave")]
        return any(_overlap(one, other) for one in moves for other in moves if one is not other)

    # -- the history

    def _known(self, what: str) -> list[Operation]:
        """Those that were done, or may have been."""
        return [
            one
            for one in self.before
            if one.what == what and (one.output is None or one.output["status"] in (200, "unseen"))
        ]

    def _raced(self, kind: str) -> tuple[str, ...]:
        """Whether anything about this box went on at once."""
        about = [one for one in self.before if READS.get(one.what, one.what) == kind]
        raced = any(_overlap(one, other) for one in about for other in about if one is not other)
        return ("CONC-5",) if raced else ()

    def _since(self, name: str) -> list[Operation]:
        post = next((one for one in self.before if one.input == name), None)
        return [one for one in self.before if post is None or one.called > post.called]

    def _is_in(self, who: str) -> bool:
        return isinstance(self.state, Inside) and who in self.state.people


OTHER_BOX = {"offer": ("answer", "poll-answer"), "answer": ("offer", "poll")}


def _overlap(one: Operation, other: Operation) -> bool:
    """Of two people: what one's own retries do is no race."""
    return one.who != other.who and one.called < other.returned and other.called < one.returned

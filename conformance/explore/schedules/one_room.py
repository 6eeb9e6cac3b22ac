"""What one whole room does, one operation at a time: who is in it, its two boxes, its candidates.

A model for protocol/linearizability.py, with the protocol's freedoms: what it leaves open is not refused. It
knows no lifetimes (plays are shorter) and no budgets. Whether a SHOULD is broken is a violation too: whoever
tells it names the requirement, which says its level.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from protocol.linearizability import Operation, State

Output = Mapping[str, Any]
UNSEEN: Output = {"status": "unseen"}  # it was answered, but nobody saw how
POSTS = ("offer", "answer")
READS = {"poll": "offer", "poll-answer": "answer"}
LOOKS = ("joined", "shown", "listed")  # at the count: in the answer to a join, a heartbeat, a listing
GONE = "gone"  # the state of a room whose last participant left
NOT_FOR_YOU = (403, 404)


@dataclass(frozen=True)
class Mail:
    """An unread message. Whether it outlives its sender's leave is open."""

    name: str
    sender: str
    orphaned: bool = False


@dataclass(frozen=True)
class Inside:
    """A room that is there. `cursors` are how many candidates each look at them had behind it."""

    people: frozenset[str]
    offer: Mail | None = None
    answer: Mail | None = None
    candidates: tuple[tuple[str, str], ...] = ()
    cursors: frozenset[tuple[str, int]] = frozenset()

    def box(self, kind: str) -> Mail | None:
        return self.offer if kind == "offer" else self.answer

    def with_box(self, kind: str, mail: Mail | None) -> Inside:
        return replace(self, offer=mail) if kind == "offer" else replace(self, answer=mail)

    def since(self, look: str | None, reader: str) -> list[str]:
        """What somebody finds among the candidates who comes with that look's cursor, or with none."""
        start = dict(self.cursors).get(look or "", 0)
        return [name for name, sender in self.candidates[start:] if sender != reader]


class OneRoom:
    """`what` are the verbs of schedules, and LOOKS; the output says `status` and what else the verb brings.

    Input of an `offer`, `answer` or `candidate` is its name. A `poll` brings `mail`: a name, or None. Input
    of `poll-candidates` is `(its own name, that of the look whose cursor it brings)`; it brings `items`. A
    look brings `count`, or `there` False where a listing does not have the room.
    """

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        output = operation.output
        if output is None or output["status"] == "unseen":
            return self._whatever(state, operation)
        if operation.what == "create":
            made = Inside(frozenset((operation.who,)))
            return (made,) if state is None and output["status"] == 200 else ()
        if not isinstance(state, Inside):
            return (state,) if _of_none(operation, output) else ()
        return self._of_room(state, operation, output)

    def _of_room(self, room: Inside, operation: Operation, output: Output) -> Iterable[State]:
        what, who, status = operation.what, operation.who, output["status"]
        member = who in room.people
        if what in LOOKS:
            seen = output.get("there", True) and output.get("count") in (None, len(room.people))
            return (room,) if seen and (member or what != "joined") else ()
        if what == "join":
            return (replace(room, people=room.people | {who}),) if status == 200 else ()
        if not member:
            return (room,) if what in ("leave", "heartbeat") or status in NOT_FOR_YOU else ()
        if what in READS:
            return self._read(room, READS[what], who, output)
        if status != 200:
            return ()
        if what == "poll-candidates" and output["items"] != room.since(operation.input[1], who):
            return ()
        return self._done(room, operation)

    def _read(self, room: Inside, kind: str, who: str, output: Output) -> Iterable[State]:
        mail, status = room.box(kind), output["status"]
        taken = room.with_box(kind, None)
        if status == 404:
            if mail is None or mail.sender == who:
                return (room,)
            return (taken,) if mail.orphaned else ()
        if status != 200 or mail is None or output["mail"] != mail.name:
            return ()
        return (taken, room) if mail.sender == who else (taken,)

    def _done(self, room: Inside, operation: Operation) -> tuple[State, ...]:
        """What an accepted operation of a participant leads to."""
        what, who = operation.what, operation.who
        if what in POSTS:
            return (room.with_box(what, Mail(operation.input, who)),)
        if what == "candidate":
            return (replace(room, candidates=(*room.candidates, (operation.input, who))),)
        if what == "poll-candidates":
            look = (operation.input[0], len(room.candidates))
            return (replace(room, cursors=room.cursors | {look}),)
        if what == "leave":
            return (self._left(room, who),)
        return (room,)

    def _left(self, room: Inside, who: str) -> State:
        people = room.people - {who}
        if not people:
            return GONE
        for kind in POSTS:
            mail = room.box(kind)
            if mail is not None and mail.sender == who:
                room = room.with_box(kind, replace(mail, orphaned=True))
        return replace(room, people=people)

    def _whatever(self, state: State, operation: Operation) -> Iterable[State]:
        """Done or refused."""
        what, who = operation.what, operation.who
        if not isinstance(state, Inside) or what in LOOKS:
            return (state,)
        if what == "join":
            return (replace(state, people=state.people | {who}), state)
        if who not in state.people or what in ("heartbeat", "poll-candidates"):
            return (state,)
        if what in READS:
            mail = state.box(READS[what])
            return (state,) if mail is None else (state.with_box(READS[what], None), state)
        return (*self._done(state, operation), state)

    def alike(self, operation: Operation) -> Hashable:
        return operation.who, operation.what, operation.input

    def only_looks(self, operation: Operation) -> bool:
        """A 404 to a read may show that orphaned mail is gone."""
        output = operation.output
        if output is None or output["status"] == "unseen":
            return False
        if operation.what in LOOKS:
            return True
        return output["status"] != 200 and operation.what not in READS


def _of_none(operation: Operation, output: Output) -> bool:
    """Whether this may be answered of a room that is not there. Any refusal of a stranger will do."""
    what, status = operation.what, output["status"]
    if what in LOOKS:
        return output.get("there") is False
    if what == "join":
        return bool(status == 404)
    if what == "leave":
        return status in (200, *NOT_FOR_YOU)
    return status in NOT_FOR_YOU

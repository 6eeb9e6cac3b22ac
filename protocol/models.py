"""What one mailbox and one room do, one operation at a time: the protocol as models of a sequential object.

Made from the protocol (sections 0, 3 and 4: MBOX, ROOM), not from any server, and with its freedoms: what it
leaves open, no model refuses. Lifetimes are not modelled: whoever records a history is quick, or gives up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from protocol.linearizability import Model, Operation, State

ACCEPTED = "accepted"  # the output of what is done, and brings nothing but that


class Told(Model, Protocol):
    """A model that can be talked about."""

    @property
    def noun(self) -> str:
        """What it is a model of."""

    def start(self) -> State:
        """The state before the history."""

    def words(self, operation: Operation) -> str:
        """What was done and what came of it, e.g. `reads: #1`."""

    def state_words(self, state: State) -> str:
        """E.g. `is empty`."""


@dataclass(frozen=True)
class Mailbox:
    """One box of a room: it holds the newest unread message, and a read takes it out (MBOX-2, MBOX-7).

    `send` has the message's name as input. `read`, by somebody who sent nothing, has the output
    `{"mail": name}`, or `{"mail": null}` for a 404 (MBOX-10). Reading one's own mail may be 200 or 404;
    checks do not do it. The state is the name of what is in the box, or None.
    """

    holds: str | None = None
    noun: str = "box"

    def start(self) -> State:
        return self.holds

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        output = operation.output
        if operation.what == "send":
            return (operation.input,) if output in (None, ACCEPTED) else ()
        if output is None:
            return (None,)
        if not isinstance(output, Mapping) or "mail" not in output:
            return ()  # neither a message nor a 404
        return (None,) if output["mail"] == state else ()

    def alike(self, operation: Operation) -> Hashable:
        return operation.what, operation.input

    def only_looks(self, operation: Operation) -> bool:
        return operation.what == "read" and operation.output == {"mail": None}

    def words(self, operation: Operation) -> str:
        does = f"sends {operation.input}" if operation.what == "send" else "reads"
        output = operation.output
        if isinstance(output, Mapping) and "mail" in output:
            return f"{does}: {output['mail'] or 'nothing there (404)'}"
        return f"{does}: {_came(output)}"

    def state_words(self, state: State) -> str:
        return "is empty" if state is None else f"holds {state}"


@dataclass(frozen=True)
class Inside:
    """The state of a room: who is in it. `fresh` where its lastActivity must be newer than the baseline."""

    people: frozenset[str]
    fresh: bool = True


@dataclass(frozen=True)
class Room:
    """One room: made by `create`, changed by `join` and `leave`, kept by `heartbeat`, gone when the last one
    leaves (ROOM-5, ROOM-7, ROOM-8).

    `shown` is the room as the answer to one's own join or heartbeat has it, `list` as a listing has it: the
    output is `{"count": n, "activity": ms}`, or `{"listed": false}`. Both are looks at the room some time
    between call and return; for the protocol does not say that an answer's room is as of the very moment of
    the join. What the listing shows as lastActivity must be newer than `activity`, the baseline, once anybody
    was active (ROOM-11), and does not go back behind it; whether a leave is activity is open. Joining twice
    and leaving without having joined are SHOULDs; checks do neither.

    The state is None before the room is made, else an Inside.
    """

    people: frozenset[str] | None = None
    activity: float | None = None
    noun: str = "room"

    def start(self) -> State:
        return None if self.people is None else Inside(self.people, fresh=False)

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        room = state if isinstance(state, Inside) else None
        here = room is not None and bool(room.people)
        if operation.what == "create":
            made = Inside(frozenset((operation.who,)), fresh=False)
            return (made,) if state is None and operation.output in (None, ACCEPTED) else ()
        if operation.what in ("shown", "list"):
            return self._look(room if here else None, state, operation)
        if room is None or not here:
            return (state,) if operation.output != ACCEPTED or operation.what == "leave" else ()
        return self._act(room, operation)

    def _act(self, room: Inside, operation: Operation) -> Iterable[State]:
        """Of a room that is there."""
        who, output = operation.who, operation.output
        inside = who in room.people
        if output not in (None, ACCEPTED):
            return (room,) if not inside and operation.what != "join" else ()
        if operation.what == "join":
            return (Inside(room.people | {who}),)
        if operation.what == "leave":
            return (Inside(room.people - {who}, room.fresh),)
        return (Inside(room.people),) if inside else (room,) if output is None else ()

    def _look(self, room: Inside | None, state: State, operation: Operation) -> Iterable[State]:
        output = operation.output
        if output is None:
            return (state,)
        if output.get("listed") is False:
            return (state,) if room is None else ()
        if room is None or output.get("count") not in (None, len(room.people)):
            return ()
        if operation.what == "shown":
            return (room,) if operation.who in room.people else ()
        shown = output.get("activity")
        if self.activity is None or shown is None:
            return (room,)
        if shown > self.activity:
            return (Inside(room.people),)
        return () if room.fresh else (room,)

    def alike(self, operation: Operation) -> Hashable:
        return operation.what, operation.who

    def only_looks(self, operation: Operation) -> bool:
        if operation.what == "list" and self.activity is not None:
            return False  # it may show that somebody was active
        return operation.output not in (None, ACCEPTED)

    def words(self, operation: Operation) -> str:
        output = operation.output
        if operation.what not in ("shown", "list"):
            return f"{operation.what}s: {_came(output)}"
        does = "lists it" if operation.what == "list" else "is shown it"
        if output is None or output.get("listed") is False:
            return f"{does}: {_came(output) if output is None else 'not there'}"
        count, activity = output.get("count"), output.get("activity")
        said = [] if count is None else [_people(count)]
        if activity is not None and self.activity is not None:
            said.append(f"lastActivity {activity - self.activity:+g} ms")
        return f"{does}: {', '.join(said) or 'there'}"

    def state_words(self, state: State) -> str:
        if not isinstance(state, Inside):
            return "is not made yet"
        if not state.people:
            return "is gone"
        return f"has {_people(len(state.people))}" + (
            " and a lastActivity newer than before" if self.activity is not None and state.fresh else ""
        )


def model(name: str, initial: Mapping[str, Any]) -> Told:
    """The model of that name with its initial state, as plain JSON. Raises LookupError.

    `mailbox` takes `holds`; `room` takes `people` (null before it is made) and `activity`.
    """
    if name == "mailbox":
        return Mailbox(initial.get("holds"))
    if name == "room":
        people = initial.get("people")
        return Room(None if people is None else frozenset(people), initial.get("activity"))
    raise LookupError(f"there is no model {name!r}; there are mailbox and room")


def _came(output: Any) -> str:
    if output is None:
        return "no answer that says what was done"
    return ACCEPTED if output == ACCEPTED else f"refused with {output.get('status')}"


def _people(count: int) -> str:
    return f"{count} participant{'' if count == 1 else 's'}"

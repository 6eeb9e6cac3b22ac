"""Histories for the tests: made by hand, by chance, and judged by trying every order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from hypothesis import strategies as st

from protocol.linearizability import Model, Operation, State

ACCEPTED = "accepted"


def send(who: str, called: float, returned: float, name: str, output: Any = ACCEPTED) -> Operation:
    return Operation(who, "send", called, returned, name, output)


def read(who: str, called: float, returned: float, mail: str | None) -> Operation:
    return Operation(who, "read", called, returned, None, {"mail": mail})


def unknown_read(who: str, called: float) -> Operation:
    return Operation(who, "read", called, called + 1)


def entry(one: Operation, on: str = "the box") -> dict[str, Any]:
    """As the run log has it."""
    return {
        "who": one.who,
        "what": one.what,
        "on": on,
        "called": one.called,
        "returned": one.returned,
        "input": one.input,
        "output": one.output,
        "exchange": one.ref,
    }


# -- a box that is a box, written here a second time


def mailbox(state: str | None, operation: Operation) -> tuple[str | None, Any]:
    """What is in the box afterwards, and what is answered."""
    if operation.what == "send":
        return operation.input, ACCEPTED
    return None, {"mail": state}


def explained(operations: Iterable[Operation], state: str | None = None) -> bool:
    """Whether some order explains the history: every one is tried, with every choice of unknown ones."""
    known = [one for one in operations if one.output is not None]
    unknown = [one for one in operations if one.output is None]
    chosen = itertools.chain.from_iterable(
        itertools.combinations(unknown, count) for count in range(len(unknown) + 1)
    )
    return any(
        _in_time(order) and _fits(order, state)
        for some in chosen
        for order in itertools.permutations([*known, *some])
    )


def _in_time(order: Sequence[Operation]) -> bool:
    """Nobody comes after somebody who was called when he had his answer already."""
    return not any(
        later.output is not None and later.returned < earlier.called
        for place, earlier in enumerate(order)
        for later in order[place + 1 :]
    )


def _fits(order: Iterable[Operation], state: str | None) -> bool:
    for operation in order:
        state, output = mailbox(state, operation)
        if operation.output is not None and operation.output != output:
            return False
    return True


def explained_by(subject: Model, operations: Iterable[Operation], state: State) -> bool:
    """The same for any model, by its steps, without what makes the search quick."""
    operations = list(operations)
    unknown = [one for one in operations if one.output is None]
    for order in itertools.permutations(operations):
        for count in range(len(unknown) + 1):
            for gone in itertools.combinations(unknown, count):
                kept = [one for one in order if not any(one is other for other in gone)]
                states = {state}
                for one in kept:
                    states = {after for before in states for after in subject.step(before, one)}
                if states and _in_time(kept):
                    return True
    return False


# -- by chance

SOON = st.integers(0, 12)


@st.composite
def anything(draw: st.DrawFn, most: int = 6) -> list[Operation]:
    """Any history of one box, mostly wrong."""
    found = []
    for number in range(draw(st.integers(1, most))):
        called = draw(SOON)
        returned = called + draw(st.integers(0, 6))
        if draw(st.booleans()):
            found.append(send(f"p{number}", called, returned, f"m{number}"))
        else:
            sent = [one.input for one in found if one.what == "send"]
            found.append(read(f"p{number}", called, returned, draw(st.sampled_from([None, *sent, "m9"]))))
        if draw(st.integers(0, 4)) == 0:
            found[-1] = found[-1].forgotten()
    return found


@st.composite
def of_a_box(draw: st.DrawFn, most: int = 14) -> list[Operation]:
    """What a box answers that does one thing at a time, within each call; some answers are lost."""
    state: str | None = None
    found = []
    for moment in range(draw(st.integers(1, most))):
        called = moment - draw(st.floats(0, 6))
        returned = moment + draw(st.floats(0, 6))
        what = draw(st.sampled_from(["send", "read"]))
        asked = Operation(f"p{moment}", what, called, returned, f"m{moment}" if what == "send" else None)
        done = True
        if draw(st.integers(0, 5)) == 0:  # no answer: and it was done, or was not
            done = draw(st.booleans())
            found.append(asked)
        if done:
            state, output = mailbox(state, asked)
            if asked not in found:
                found.append(Operation(asked.who, what, called, returned, asked.input, output))
    return draw(st.permutations(found))


@st.composite
def any_room(draw: st.DrawFn, most: int = 4) -> list[Operation]:
    """Any history of one room, mostly wrong."""
    outputs = {
        "create": [ACCEPTED],
        "join": [ACCEPTED, {"status": 404}],
        "leave": [ACCEPTED, {"status": 404}],
        "heartbeat": [ACCEPTED, {"status": 404}],
        "shown": [{"count": 1}, {"count": 2}],
        "list": [{"listed": False}, *({"count": n, "activity": a} for n in (1, 2) for a in (0, 1))],
    }
    found = []
    for _ in range(draw(st.integers(1, most))):
        called = draw(SOON)
        what = draw(st.sampled_from(sorted(outputs)))
        output = draw(st.sampled_from([*outputs[what], None]))
        returned = called + draw(st.integers(0, 8))
        found.append(Operation(draw(st.sampled_from("ab")), what, called, returned, None, output))
    return found


@st.composite
def of_a_room(draw: st.DrawFn, most: int = 14) -> list[Operation]:
    """What a room answers, from its making on, until it is gone and beyond; looks come when they come."""
    inside: set[str] = set()
    made = False
    activity = 0
    found = []
    for moment in range(draw(st.integers(1, most))):
        called, returned = moment - draw(st.floats(0, 6)), moment + draw(st.floats(0, 6))
        outside = [name for name in "abcdefgh" if name not in inside]
        if not made:
            what, who = "create", "a"
        else:
            what = draw(st.sampled_from(["join", "leave", "heartbeat", "list", "shown"]))
            pool = outside if what == "join" else sorted(inside)
            who = draw(st.sampled_from(pool or ["z"]))
        output: Any = ACCEPTED
        if what == "create":
            made, inside = True, {who}
        elif what == "list":
            output = {"count": len(inside), "activity": activity} if inside else {"listed": False}
        elif not inside:
            if what == "shown":
                continue
            output = {"status": 404}
        elif what == "shown":
            output = {"count": len(inside)}
        elif what == "leave":
            inside.discard(who)
        else:
            inside.add(who)
            activity += draw(st.integers(1, 3))
        if draw(st.integers(0, 5)) == 0:
            output = None
        found.append(Operation(who, what, called, returned, None, output))
    return draw(st.permutations(found))

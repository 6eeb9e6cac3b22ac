"""The models, step by step and in words, and how a violated history is told by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from history_kit import read, send

from protocol import histories
from protocol.linearizability import Operation, State, Violation, shortest
from protocol.models import Inside, Mailbox, Room

BOX = Mailbox()
LOST = "no answer that says what was done"


def did(what: str, output: Any = "accepted") -> Operation:
    return Operation("a", what, 0, 1, "#1", output)


# -- one step at a time


ALONE, BOTH = frozenset("a"), frozenset("ab")
NOT_MADE, GONE = None, Inside(frozenset())
OLD, NEW = Inside(ALONE, fresh=False), Inside(ALONE)
REFUSED = {"status": 404}

# What "a" does in a state, what comes of it, and the states that this may lead to.
STEPS: list[tuple[State, str, Any, tuple[State, ...]]] = [
    (NOT_MADE, "create", "accepted", (OLD,)),
    (NOT_MADE, "create", None, (OLD,)),
    (NOT_MADE, "create", REFUSED, ()),
    (NEW, "create", "accepted", ()),
    (Inside(frozenset("b"), fresh=False), "join", "accepted", (Inside(BOTH),)),
    (Inside(frozenset("b")), "join", None, (Inside(BOTH),)),
    (Inside(frozenset("b")), "join", REFUSED, ()),
    (OLD, "join", REFUSED, ()),
    (GONE, "join", REFUSED, (GONE,)),
    (GONE, "join", None, (GONE,)),
    (GONE, "join", "accepted", ()),
    (NOT_MADE, "join", REFUSED, (NOT_MADE,)),
    (NOT_MADE, "join", "accepted", ()),
    (Inside(BOTH, fresh=False), "leave", "accepted", (Inside(frozenset("b"), fresh=False),)),
    (Inside(BOTH), "leave", None, (Inside(frozenset("b")),)),
    (NEW, "leave", "accepted", (GONE,)),
    (NEW, "leave", REFUSED, ()),
    (Inside(frozenset("b")), "leave", REFUSED, (Inside(frozenset("b")),)),
    (GONE, "leave", "accepted", (GONE,)),
    (OLD, "heartbeat", "accepted", (NEW,)),
    (OLD, "heartbeat", None, (NEW,)),
    (OLD, "heartbeat", REFUSED, ()),
    (Inside(frozenset("b")), "heartbeat", REFUSED, (Inside(frozenset("b")),)),
    (Inside(frozenset("b"), fresh=False), "heartbeat", None, (Inside(frozenset("b"), fresh=False),)),
    (Inside(frozenset("b")), "heartbeat", "accepted", ()),
    (GONE, "heartbeat", "accepted", ()),
    (NEW, "shown", {"count": 1}, (NEW,)),
    (NEW, "shown", {"count": 2}, ()),
    (Inside(frozenset("b")), "shown", {"count": 1}, ()),
    (GONE, "shown", {"count": 0}, ()),
    (NEW, "list", None, (NEW,)),
    (NEW, "list", {"listed": False}, ()),
    (GONE, "list", {"listed": False}, (GONE,)),
    (NOT_MADE, "list", {"listed": False}, (NOT_MADE,)),
    (GONE, "list", {"count": 0}, ()),
    (OLD, "list", {"count": 2}, ()),
    (OLD, "list", {"count": 1}, (OLD,)),
    (OLD, "list", {"count": None, "activity": None}, (OLD,)),
    (OLD, "list", {"count": 1, "activity": 1000}, (OLD,)),
    (OLD, "list", {"count": 1, "activity": 1001}, (NEW,)),
    (NEW, "list", {"count": 1, "activity": 1001}, (NEW,)),
    (NEW, "list", {"count": 1, "activity": 1000}, ()),
]


def title(step: tuple[State, str, Any, tuple[State, ...]]) -> str:
    """The same in every worker: a set is not shown in the same order by all processes."""
    state, what, output, _ = step
    return f"{what}: {output}, {''.join(sorted(state.people)) if state else state}"


@pytest.mark.parametrize("step", STEPS, ids=title)
def test_a_step_of_a_room(step: tuple[State, str, Any, tuple[State, ...]]) -> None:
    state, what, output, expected = step
    assert tuple(Room(activity=1000).step(state, did(what, output))) == expected


def test_a_room_starts_as_it_is_said_to() -> None:
    assert [Room().start(), Room(BOTH, 5).start()] == [None, Inside(BOTH, fresh=False)]


@pytest.mark.parametrize(
    ("state", "what", "output", "expected"),
    [
        (None, "send", "accepted", ("#1",)),
        ("#0", "send", None, ("#1",)),
        ("#0", "send", REFUSED, ()),
        ("#0", "read", None, (None,)),
        ("#0", "read", {"mail": "#0"}, (None,)),
        ("#0", "read", {"mail": "#1"}, ()),
        ("#0", "read", {"mail": None}, ()),
        (None, "read", {"mail": None}, (None,)),
        (None, "read", REFUSED, ()),
    ],
)
def test_a_step_of_a_box(state: Any, what: str, output: Any, expected: tuple[Any, ...]) -> None:
    assert tuple(BOX.step(state, did(what, output))) == expected


@pytest.mark.parametrize(
    ("what", "output", "activity", "expected"),
    [
        ("list", {"count": 1}, None, True),
        ("list", {"count": 1}, 5, False),  # it may show that somebody was active
        ("shown", {"count": 1}, 5, True),
        ("join", REFUSED, 5, True),
        ("join", "accepted", None, False),
        ("list", None, None, False),
    ],
)
def test_what_only_looks_at_a_room(what: str, output: Any, activity: int | None, expected: bool) -> None:
    assert Room(activity=activity).only_looks(did(what, output)) is expected


def test_what_was_in_the_box_at_first_convicts_too() -> None:
    lost = [read("b", 0, 1, None)]
    assert (shortest(lost, BOX, None), shortest(lost, BOX, "#0") is None) == (None, False)


# -- in words


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (did("send"), "sends #1: accepted"),
        (did("send", None), f"sends #1: {LOST}"),
        (did("send", {"status": 500}), "sends #1: refused with 500"),
        (did("read", {"mail": "#1"}), "reads: #1"),
        (did("read", {"mail": None}), "reads: nothing there (404)"),
        (did("read", None), f"reads: {LOST}"),
        (did("read", {"status": 500}), "reads: refused with 500"),
    ],
)
def test_what_was_done_with_a_box(operation: Operation, words: str) -> None:
    assert BOX.words(operation) == words


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (did("join"), "joins: accepted"),
        (did("leave", {"status": 404}), "leaves: refused with 404"),
        (did("heartbeat", None), f"heartbeats: {LOST}"),
        (did("list", None), f"lists it: {LOST}"),
        (did("list", {"listed": False}), "lists it: not there"),
        (did("list", {"listed": True}), "lists it: there"),
        (did("list", {"count": 1}), "lists it: 1 participant"),
        (did("list", {"count": 2, "activity": 1005}), "lists it: 2 participants, lastActivity +5 ms"),
        (did("list", {"activity": 990}), "lists it: lastActivity -10 ms"),
        (did("shown", {"count": 0}), "is shown it: 0 participants"),
        (did("shown", None), f"is shown it: {LOST}"),
    ],
)
def test_what_was_done_with_a_room(operation: Operation, words: str) -> None:
    assert Room(activity=1000).words(operation) == words


def test_without_a_baseline_nothing_is_said_of_the_activity() -> None:
    assert Room().words(did("list", {"count": 1, "activity": 5})) == "lists it: 1 participant"


def test_the_states_in_words() -> None:
    people = frozenset("ab")
    assert [BOX.state_words(None), BOX.state_words("#1")] == ["is empty", "holds #1"]
    assert Room().state_words(None) == "is not made yet"
    assert Room().state_words(Inside(frozenset())) == "is gone"
    assert Room().state_words(Inside(people)) == "has 2 participants"
    assert Room(activity=0).state_words(Inside(people, fresh=False)) == "has 2 participants"
    assert Room(activity=0).state_words(Inside(frozenset("a"))) == (
        "has 1 participant and a lastActivity newer than before"
    )


def told(
    count: int, *, states: tuple[str | None, ...] = (), left_out: int = 0, name: str = "#1"
) -> tuple[str, str]:
    """Of so many sends, the last of which is the culprit; the box held something at first."""
    sends = tuple(send(f"p{number}", 10 + number, 12.25 + number, name) for number in range(count))
    violation = Violation(sends, sends[-1], states, (read("r", 0, 1, None),) * left_out)
    return histories.told(violation, Mailbox("#0"), "the box")


def test_a_violation_in_words() -> None:
    wanted, got = told(2)
    assert wanted.splitlines() == [
        "an order of these that explains every answer (the box)",
        "  at first the box holds #0",
        "       0.0 to    2.2 ms  p0 sends #1: accepted",
        "  !    1.0 to    3.2 ms  p1 sends #1: accepted",
    ]
    assert got == "none: without the answer of p1 marked ! there is one, with it there is none"


def test_of_many_operations_the_first_and_the_last_are_shown() -> None:
    names = [line.split()[-4] for line in told(14)[0].splitlines()[2:]]
    assert names == [f"p{number}" for number in range(14)]
    lines = told(17)[0].splitlines()[2:]
    assert lines[7] == "  … 3 more …"
    names = [line.split()[-4] for line in [*lines[:7], *lines[8:]]]
    assert names == [f"p{number}" for number in (*range(7), *range(10, 17))]


def test_of_many_states_three_are_shown() -> None:
    assert told(1, states=(None, "#1"))[1].endswith(
        "; wherever the others fit, the box then is empty, or holds #1"
    )
    assert told(1, states=(None, "#1", "#2"))[1].endswith("the box then is empty, or holds #1, or holds #2")
    assert told(1, states=(None, "#1", "#2", "#3", "#4"))[1].endswith("or holds #2, or … (2 more)")


def test_what_was_left_out_is_counted() -> None:
    assert told(1, left_out=2)[1].endswith(". Left out, since it is so whatever they did: 2 × read")


def test_what_has_no_known_end_has_none() -> None:
    lost = replace(send("a", 0, 5, "#1"), output=None)
    wanted, _ = histories.told(Violation((lost,), lost, (), ()), BOX, "the box")
    assert wanted.splitlines()[-1] == f"  !    0.0 to      ? ms  a sends #1: {LOST}"


def test_what_is_very_long_is_cut() -> None:
    most = histories.TEXT_CHARS
    length = len(told(1, name="")[0])
    assert len(told(1, name="x" * (most - length))[0]) == most
    cut = told(1, name="x" * (most - length + 1))[0]
    assert len(cut) == most + 1 and cut.endswith("…")

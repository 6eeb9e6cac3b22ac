"""Histories of concurrent operations: what is explained by some order, what is not, and how that is told."""

from __future__ import annotations

import pytest
from history_kit import (
    ACCEPTED,
    any_room,
    anything,
    entry,
    explained,
    explained_by,
    of_a_box,
    of_a_room,
    read,
    send,
    unknown_read,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import histories, linearizability
from protocol.judge import judge
from protocol.linearizability import Bound, Operation, decide, shortest
from protocol.models import Mailbox, Room, model

BOX = Mailbox()
ROOM = Room()
# Few under mutation, where each of thousands of mutants is to be tried (python -m bench.judgement).
FEW = settings.get_current_profile_name() == "mutants"
MANY = settings(max_examples=40 if FEW else 300, deadline=None)


# -- what is right is never accused


@MANY
@given(of_a_box())
def test_whatever_a_box_answers_is_explained(history: list[Operation]) -> None:
    assert decide(history, BOX, BOX.start()) == "linearizable"


@MANY
@given(of_a_room())
def test_whatever_a_room_answers_is_explained(history: list[Operation]) -> None:
    assert decide(history, ROOM, ROOM.start()) == "linearizable"


@MANY
@given(of_a_room())
def test_a_room_with_a_baseline_of_its_activity_is_explained(history: list[Operation]) -> None:
    subject = Room(activity=0)
    assert decide(history, subject, subject.start()) == "linearizable"


@MANY
@given(anything())
def test_it_agrees_with_trying_every_order(history: list[Operation]) -> None:
    expected = "linearizable" if explained(history) else "violated"
    assert decide(history, BOX, None) == expected


@MANY
@given(any_room(), st.sampled_from([None, 0]), st.sampled_from([None, frozenset("a"), frozenset("ab")]))
def test_of_a_room_too(history: list[Operation], activity: int | None, people: frozenset[str] | None) -> None:
    subject = Room(people, activity)
    expected = "linearizable" if explained_by(subject, history, subject.start()) else "violated"
    assert decide(history, subject, subject.start()) == expected


# -- classic violations


WRONG = {
    "an offer is read twice": [send("a", 0, 1, "#1"), read("b", 2, 5, "#1"), read("c", 3, 4, "#1")],
    "an offer is lost": [send("a", 0, 1, "#1"), read("b", 2, 3, None)],
    "a replaced offer is read": [send("a", 0, 1, "#1"), send("a", 2, 3, "#2"), read("b", 4, 5, "#1")],
    "what nobody sent is read": [send("a", 0, 1, "#1"), read("b", 2, 3, "#9")],
    "it is read before it is sent": [read("b", 0, 1, "#1"), send("a", 2, 3, "#1")],
    "an offer comes back after a newer one": [
        send("a", 0, 9, "#1"),
        send("b", 0, 9, "#2"),
        read("c", 10, 11, "#1"),
        read("c", 12, 13, "#2"),
    ],
    "a newer one is lost where the older was read": [
        send("a", 0, 1, "#1"),
        send("a", 2, 3, "#2"),
        read("b", 2, 3, "#1"),
        read("b", 4, 5, None),
    ],
    "a read fails": [Operation("b", "read", 0, 1, None, {"status": 500})],
}
RIGHT = {
    "who reads at the same time may miss it": [send("a", 0, 3, "#1"), read("b", 1, 2, None)],
    "who reads at the same time may get the older": [
        send("a", 0, 1, "#1"),
        send("a", 2, 5, "#2"),
        read("b", 3, 4, "#1"),
        read("b", 6, 7, "#2"),
    ],
    "a time-out that took it": [send("a", 0, 1, "#1"), unknown_read("b", 2), read("c", 9, 10, None)],
    "a time-out that took nothing": [send("a", 0, 1, "#1"), unknown_read("b", 2), read("c", 9, 10, "#1")],
    "a lost sending that arrived late": [
        send("a", 0, 1, "#1", output=None),
        read("b", 2, 3, None),
        read("b", 8, 9, "#1"),
    ],
    "equal times are no order": [read("b", 0, 1, "#1"), send("a", 1, 2, "#1")],
    "nothing": [],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_violation_is_found(name: str) -> None:
    assert decide(WRONG[name], BOX, None) == "violated"
    assert shortest(WRONG[name], BOX, None) is not None


@pytest.mark.parametrize("name", RIGHT)
def test_a_freedom_is_granted(name: str) -> None:
    assert decide(RIGHT[name], BOX, None) == "linearizable"
    assert shortest(RIGHT[name], BOX, None) is None


def does(who: str, what: str, called: float, returned: float, output: object = ACCEPTED) -> Operation:
    return Operation(who, what, called, returned, None, output)


ROOMS = {
    "a lost join": (
        "violated",
        [
            does("a", "create", 0, 1),
            does("b", "join", 2, 5),
            does("c", "join", 2, 5),
            does("a", "list", 6, 7, {"count": 2}),
        ],
    ),
    "a join that may have been": (
        "linearizable",
        [
            does("a", "create", 0, 1),
            does("b", "join", 2, 5),
            does("c", "join", 2, 5, None),
            does("a", "list", 6, 7, {"count": 2}),
        ],
    ),
    "both joins saw the room with both": (
        "linearizable",
        [
            does("a", "create", 0, 1),
            *(does(who, "join", 2, 5) for who in "bc"),
            *(does(who, "shown", 2, 5, {"count": 3}) for who in "bc"),
        ],
    ),
    "both joins saw the room without the other": (
        "violated",
        [
            does("a", "create", 0, 1),
            *(does(who, "join", 2, 5) for who in "bc"),
            *(does(who, "shown", 2, 5, {"count": 2}) for who in "bc"),
        ],
    ),
    "a room that is not listed": (
        "violated",
        [does("a", "create", 0, 1), does("b", "list", 2, 3, {"listed": False})],
    ),
    "a room that is being made": (
        "linearizable",
        [does("a", "create", 0, 3), does("b", "list", 1, 2, {"listed": False})],
    ),
    "a room that the last one left": (
        "linearizable",
        [
            does("a", "create", 0, 1),
            does("a", "leave", 2, 3),
            does("b", "join", 4, 5, {"status": 404}),
            does("a", "leave", 6, 7),
            does("b", "list", 8, 9, {"listed": False}),
        ],
    ),
    "a room that lives on": (
        "violated",
        [does("a", "create", 0, 1), does("a", "leave", 2, 3), does("b", "join", 4, 5)],
    ),
    "a room that is gone too early": (
        "violated",
        [does("a", "create", 0, 1), does("b", "join", 4, 5, {"status": 404})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ROOMS)
def test_a_room(name: str) -> None:
    expected, history = ROOMS[name]
    assert decide(history, ROOM, ROOM.start()) == expected


@pytest.mark.parametrize(
    ("activity", "expected"), [(1000, "violated"), (999, "violated"), (1001, "linearizable")]
)
def test_a_heartbeat_makes_the_activity_newer(activity: int, expected: str) -> None:
    subject = model("room", {"people": ["a"], "activity": 1000})
    history = [does("a", "heartbeat", 0, 1), does("b", "list", 2, 3, {"count": 1, "activity": activity})]
    assert decide(history, subject, subject.start()) == expected


def test_an_activity_that_nobody_refreshed_may_stay() -> None:
    subject = model("room", {"people": ["a"], "activity": 1000})
    history = [does("a", "leave", 1, 2, None), does("b", "list", 2, 3, {"count": 1, "activity": 1000})]
    assert decide(history, subject, subject.start()) == "linearizable"


# -- bounds


def test_what_is_too_entangled_is_undecided_and_accuses_nobody() -> None:
    entangled = [send(f"p{n}", 0, 99, f"#{n}") for n in range(16)]
    entangled += [read("r", 100 + n, 100 + n, "never") for n in range(1)]
    assert decide(entangled, BOX, None, Bound(500)) == "undecided"
    assert decide(entangled, BOX, None) == "undecided"
    assert shortest(entangled, BOX, None) is None
    history = [entry(one) for one in entangled]
    assert histories.look(history, {"model": "mailbox", "initial": {}}).answer == "undecided"
    assert judge("linearizable", history, {"model": "mailbox", "initial": {}}) is None
    assert judge("decided", history, {"model": "mailbox", "initial": {}}) is not None
    assert judge("decided", history[:3], {"model": "mailbox", "initial": {}}) is None


def test_many_reads_of_an_empty_box_cost_nothing() -> None:
    history = [send("a", 0, 1, "#1"), *(read(f"r{n}", 2, 9, None) for n in range(200))]
    assert decide([*history, read("b", 2, 9, "#1")], BOX, None, Bound(1000)) == "linearizable"


def test_what_only_looks_makes_no_history_too_large() -> None:
    history = [*(read(f"r{n}", 0, 9, None) for n in range(40)), read("b", 0, 9, "#9")]
    assert decide(history, BOX, None, Bound(1000)) == "violated"


def test_what_was_looked_at_once_is_not_looked_at_again() -> None:
    """Seven sends at once lead to 448 configurations, on 13,700 ways."""
    history = [*(send(f"s{n}", 0, 9, f"#{n}") for n in range(7)), read("b", 10, 11, "#9")]
    assert decide(history, BOX, None, Bound(1000)) == "violated"


def test_a_bound_is_spent_to_its_end() -> None:
    bound = Bound(2)
    assert [bound.spend(), bound.spend(), bound.spend()] == [True, True, False]


# -- the shortest violation


@MANY
@given(anything())
def test_the_shortest_is_a_violation_and_nothing_more_can_be_left_out(history: list[Operation]) -> None:
    found = shortest(history, BOX, None)
    if found is None:
        assert decide(history, BOX, None) == "linearizable"
        return
    kept = list(found.operations)
    gone = [one.forgotten() for one in found.left_out if one.called <= found.culprit.returned]
    # By trying every order: no matter what those that were left out did, nothing explains what is shown.
    assert not explained([*kept, *gone])
    for operation in kept:
        if operation is found.culprit:
            continue
        rest = [one for one in kept if one is not operation]
        needed = explained([*rest, operation.forgotten(), *gone])
        without_culprit = [one.forgotten() if one is found.culprit else one for one in rest]
        assert needed or not explained(without_culprit)
    # The culprit gave it away: without its answer there is an order.
    assert explained([one.forgotten() if one is found.culprit else one for one in kept])


def test_of_a_long_history_little_is_left() -> None:
    history = []
    for n in range(4, 8):
        history += [send("a", 10 * n, 10 * n + 1, f"#{n}"), read("b", 10 * n + 2, 10 * n + 5, f"#{n}")]
        history += [read(f"r{n}{m}", 10 * n + 2, 10 * n + 6, None) for m in range(6)]
    history += [
        send("a", 80, 81, "#8"),
        read("b", 82, 85, "#8"),
        read("c", 82, 84, "#8"),
        send("a", 90, 91, "#9"),
    ]
    found = shortest(history, BOX, None)
    assert found is not None
    assert [(one.who, one.what) for one in found.operations] == [("a", "send"), ("c", "read"), ("b", "read")]
    assert found.culprit.who == "b"
    assert len(found.left_out) == len(history) - 3
    assert found.states == (None,)


def test_the_first_return_that_gives_it_away_is_the_culprits() -> None:
    """Of many wrong reads the first to return, whichever place it has; the state before them counts."""
    for place in range(6):
        reads = [read(f"r{n}", 10 * n, 10 * n + 1, "#9" if n >= place else None) for n in range(6)]
        found = shortest(reads, BOX, None)
        assert found is not None
        assert (found.culprit.who, found.operations) == (f"r{place}", (reads[place],))
        full = shortest([read("q", -9, -8, "#0"), *reads], BOX, "#0")
        assert full is not None
        assert full.culprit.who == f"r{place}"


def test_what_was_called_when_the_culprit_returned_may_explain_it() -> None:
    history = [read("b", 0, 5, "#1"), read("c", 0, 6, "#2"), send("a", 5, 7, "#1")]
    found = shortest(history, BOX, None)
    assert found is not None
    assert found.culprit.who == "c"


# What is in the box at first is read twice; d's look between the two plays no part.
FULL = [read("a", 0, 1, "#0"), read("d", 1.2, 1.4, None), read("b", 2, 3, "#0")]


def test_the_shortest_begins_with_what_was_there_at_first() -> None:
    found = shortest(FULL, BOX, "#0")
    assert found is not None
    assert (found.operations, found.left_out) == ((FULL[0], FULL[2]), (FULL[1],))
    assert (found.culprit, found.states) == (FULL[2], (None,))


def test_what_was_there_at_first_is_told() -> None:
    holds = {"model": "mailbox", "initial": {"holds": "#0"}}
    found = histories.look([entry(one) for one in FULL], holds)
    assert found.answer == "violated"
    assert "at first the box holds #0\n" in found.wanted
    assert "a reads: #0" in found.wanted and "d reads" not in found.wanted
    assert "b reads: #0" in found.wanted and found.got.startswith("none: without the answer of b")
    assert histories.look([entry(one) for one in FULL[:2]], holds).answer == "linearizable"


def test_where_it_takes_too_long_more_is_shown_than_need_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linearizability, "MOST_SHORTENING", 0)
    history = [*FULL, read("c", 4, 5, None)]
    found = shortest(history, BOX, "#0")
    assert found is not None
    assert (found.operations, found.left_out) == (tuple(history), ())


def test_what_is_called_as_the_culprit_returns_is_left_out_once() -> None:
    history = [*FULL, read("c", 3, 4, None)]
    found = shortest(history, BOX, "#0")
    assert found is not None
    assert sorted(one.who for one in (*found.operations, *found.left_out)) == ["a", "b", "c", "d"]


def test_a_read_keeps_its_sending() -> None:
    """To leave it out would make another violation of it."""
    for name in ("an offer is read twice", "a replaced offer is read"):
        found = shortest(WRONG[name], BOX, None)
        assert found is not None
        assert {one.input for one in found.operations if one.what == "send"} >= {"#1"}


# -- how it is told


def test_a_stranger_understands_it() -> None:
    history = [
        send("alice", 100, 101.25, "offer 1"),
        read("guest0", 102, 105.5, "offer 1"),
        read("guest1", 102.1, 104, "offer 1"),
        read("guest2", 102.2, 106, None),
        send("alice", 110, 111, "offer 2"),
    ]
    entries = [entry(one, "the offer box of room_x") for one in history]
    entries[1]["exchange"] = 7
    found = histories.look(entries, {"model": "mailbox", "initial": {}})
    assert found.answer == "violated"
    assert found.exchange == 7
    assert found.wanted.splitlines() == [
        "an order of these that explains every answer (the offer box of room_x)",
        "  at first the box is empty",
        "       0.0 to    1.2 ms  alice sends offer 1: accepted",
        "  !    2.0 to    5.5 ms  guest0 reads: offer 1",
        "       2.1 to    4.0 ms  guest1 reads: offer 1",
    ]
    assert found.got == (
        "none: without the answer of guest0 marked ! there is one, with it there is none; "
        "wherever the others fit, the box then is empty. "
        "Left out, since it is so whatever they did: 1 × read, 1 × send"
    )


def test_a_room_is_told_too() -> None:
    history = [
        does("maker", "create", 0, 1),
        does("b", "join", 2, 3),
        does("b", "shown", 2, 3, {"count": 2}),
        does("maker", "list", 4, 5, {"count": 1}),
    ]
    found = histories.look([entry(one, "room_x") for one in history], {"model": "room", "initial": {}})
    assert "maker lists it: 1 participant" in found.wanted
    assert "b joins: accepted" in found.wanted
    assert "the room then has 2 participants" in found.got


def test_a_long_story_is_cut() -> None:
    history = [does("maker", "create", 0, 1), *(does(f"guest{n}", "join", 2, 50) for n in range(40))]
    history.append(does("maker", "list", 60, 61, {"count": 40}))
    found = histories.look([entry(one, "room_x") for one in history], {"model": "room", "initial": {}})
    assert found.answer in ("violated", "undecided")
    assert len(found.wanted) < 2500


# -- as the run log has it


def test_each_box_is_judged_by_itself() -> None:
    one, other = WRONG["an offer is lost"], RIGHT["who reads at the same time may miss it"]
    history = [*(entry(o, "right") for o in other), *(entry(o, "wrong") for o in one)]
    complaint = judge("linearizable", history, {"model": "mailbox", "initial": {"holds": None}})
    assert complaint is not None and "(wrong)" in complaint
    assert judge("linearizable", history[:2], {"model": "mailbox", "initial": {}}) is None


def test_the_initial_state_counts() -> None:
    history = [entry(read("b", 0, 1, "#1"))]
    assert judge("linearizable", history, {"model": "mailbox", "initial": {"holds": "#1"}}) is None
    assert judge("linearizable", history, {"model": "mailbox", "initial": {"holds": None}}) is not None


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(LookupError, match="no model 'train'"):
        judge("linearizable", [], {"model": "train", "initial": {}})

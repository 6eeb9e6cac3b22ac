"""Whose requirement it is, read off histories made by hand; and what a complaint then says."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from engine_kit import world

from conformance.explore.findings import Covered
from conformance.explore.schedules.one_room import UNSEEN
from conformance.explore.schedules.playing import Activity, Played, Sent
from conformance.explore.schedules.schedule import VERBS, parse
from conformance.explore.schedules.shorten import strangers
from conformance.explore.schedules.symptoms import BY_ITSELF, Problem, problems
from conformance.explore.stage import Arena
from protocol.linearizability import Operation
from protocol.operations import Answer
from reports.reproduction.fault import Complaint


def done(
    who: str, what: str, at: int, given: Any = None, until: int | None = None, **output: Any
) -> Operation:
    return Operation(who, what, at, at + 1 if until is None else until, given, {"status": 200, **output}, at)


def refused(who: str, what: str, at: int, status: int = 404) -> Operation:
    return Operation(who, what, at, at + 1, None, {"status": status}, at)


MADE = (done("alice", "create", 0), done("bob", "join", 2))
OFFER = done("alice", "offer", 10, "offer 1")
ANSWER = done("alice", "answer", 10, "answer 1")
CAROL = done("carol", "join", 8)


def at_once(one: Operation, *others: Operation) -> list[Operation]:
    return [replace(other, called=one.called, returned=one.called + 5) for other in (one, *others)]


CASES: dict[str, tuple[list[Operation], str]] = {
    "an offer twice": (
        [OFFER, done("bob", "poll", 12, mail="offer 1"), done("bob", "poll", 14, mail="offer 1")],
        "MBOX-2",
    ),
    "an answer twice": (
        [
            ANSWER,
            done("bob", "poll-answer", 12, mail="answer 1"),
            done("bob", "poll-answer", 14, mail="answer 1"),
        ],
        "MBOX-3",
    ),
    "an offer to two at once": (
        [
            CAROL,
            OFFER,
            *at_once(done("bob", "poll", 12, mail="offer 1"), done("carol", "poll", 13, mail="offer 1")),
        ],
        "CONC-1",
    ),
    "an older offer": (
        [OFFER, done("alice", "offer", 12, "offer 2"), done("bob", "poll", 14, mail="offer 1")],
        "MBOX-7",
    ),
    "an older answer": (
        [ANSWER, done("alice", "answer", 12, "answer 2"), done("bob", "poll-answer", 14, mail="answer 1")],
        "MBOX-15",
    ),
    "an offer is lost": ([OFFER, refused("bob", "poll", 12)], "MBOX-1"),
    "an offer is lost to an answer": (
        [OFFER, done("bob", "answer", 12, "answer 1"), refused("bob", "poll", 14)],
        "MBOX-9",
    ),
    "an offer is lost at once with another": (
        [*at_once(OFFER, done("bob", "offer", 11, "offer 2")), CAROL, refused("carol", "poll", 20)],
        "CONC-5",
    ),
    "mail of another room": ([done("bob", "poll", 12, mail="offer B")], "MBOX-8"),
    "an answer as offer": ([ANSWER, done("bob", "poll", 12, mail="answer 1")], "MBOX-9"),
    "an empty box is 200": ([done("bob", "poll", 12, mail=None)], "MBOX-10"),
    "what nobody sent": ([OFFER, done("bob", "poll", 12, mail="what nobody sent")], "MBOX-1"),
    "mail of a room that is gone": (
        [
            OFFER,
            done("alice", "leave", 12),
            done("bob", "leave", 14),
            done("bob", "poll", 16, mail="offer 1"),
        ],
        "MBOX-10",
    ),
    "a stranger reads": ([OFFER, done("eve", "poll", 12, mail="offer 1")], "MBOX-12"),
    "a stranger posts": ([done("eve", "offer", 12, "offer 1")], "MBOX-12"),
    "who joined is not counted": ([CAROL, done("carol", "joined", 8, count=2)], "ROOM-5"),
    "who joins again is counted": ([done("bob", "join", 10), done("bob", "joined", 10, count=3)], "ROOM-6"),
    "who was sent again is counted": (
        [Operation("carol", "join", 8, 9, None, UNSEEN, 8), CAROL, done("carol", "joined", 8, count=4)],
        "ROOM-6",
    ),
    "who left is counted": ([done("bob", "leave", 10), done("alice", "listed", 12, count=2)], "ROOM-7"),
    "a stranger's leave": ([done("eve", "leave", 10), done("alice", "listed", 12, count=1)], "ROOM-9"),
    "one join of two at once": (
        [*at_once(CAROL, done("dave", "join", 9)), done("alice", "listed", 20, count=3)],
        "CONC-2",
    ),
    "a leave at once with a join": (
        [*at_once(CAROL, done("bob", "leave", 9)), done("alice", "listed", 20, count=3)],
        "CONC-4",
    ),
    "a join at once with a heartbeat": (
        [*at_once(CAROL, done("bob", "heartbeat", 9)), done("alice", "listed", 20, count=2)],
        "CONC-6",
    ),
    "a room ends with its maker": (
        [done("alice", "leave", 10), done("bob", "listed", 12, there=False)],
        "ROOM-7",
    ),
    "a room is not listed": ([done("bob", "listed", 12, there=False)], "ROOM-10"),
    "a room outlives all": (
        [done("alice", "leave", 10), done("bob", "leave", 12), done("eve", "join", 14)],
        "ROOM-8",
    ),
    "a heartbeat of a room that is gone": (
        [done("alice", "leave", 10), done("bob", "leave", 12), done("bob", "heartbeat", 14)],
        "ROOM-14",
    ),
    "mail to a room that is gone": (
        [done("alice", "leave", 10), done("bob", "leave", 12), done("bob", "offer", 14, "offer 1")],
        "MBOX-11",
    ),
    "candidates backwards": (
        [
            done("alice", "candidate", 10, "candidate 1"),
            done("alice", "candidate", 12, "candidate 2"),
            done("bob", "poll-candidates", 14, ("l", None), items=["candidate 2", "candidate 1"]),
        ],
        "ICE-5",
    ),
    "a candidate of another room": (
        [done("bob", "poll-candidates", 14, ("l", None), items=["candidate B"])],
        "MBOX-8",
    ),
}


def played(*operations: Operation) -> Played:
    """With a message of each kind of another room beside."""
    arena = Arena(world([]), 1)
    stage = arena.stage("a schedule", Covered())
    alice = asyncio.run(stage.person("alice"))
    made = Played(parse("alice:create bob:join"), stage)
    made.rooms = {"A": list(operations)}
    for one in operations:
        assert one.ref is not None
        verb = one.what if one.what in VERBS else "list"
        status = (one.output or {})["status"] if one.output != UNSEEN else None
        made.answers[one.ref] = Answer(VERBS[verb], status, body={}, exchange=one.ref)
        made.steps[one.ref] = parse(f"{one.who}:{verb}")[0][0]
        if one.what in ("offer", "answer", "candidate"):
            made.sent[one.input] = Sent(one.input, one.what, "A", alice, f"v=0 {one.input}")
    for kind in ("offer", "candidate"):
        made.sent[kind] = Sent(f"{kind} B", kind, "B", alice, f"v=0 {kind}")
    return made


def found(case: Played, claimed: set[str] | None = None) -> Problem:
    def asks(complaint: Complaint) -> bool:
        return claimed is None or complaint.requirement in claimed

    told = problems(case, asks)
    assert len(told) == 1
    return told[0]


@pytest.mark.parametrize("case", CASES)
def test_each_symptom_has_its_requirement(case: str) -> None:
    operations, requirement = CASES[case]
    assert found(played(*MADE, *operations)).complaint.requirement == requirement


def test_what_is_right_is_no_problem() -> None:
    case = played(*MADE, OFFER, done("bob", "poll", 12, mail="offer 1"), refused("bob", "poll", 14))
    assert problems(case, lambda complaint: True) == []


def test_of_what_is_not_claimed_the_next_requirement_is_named() -> None:
    operations, _ = CASES["an offer to two at once"]
    case = played(*MADE, *operations)
    assert found(case, {"MBOX-2"}).complaint.requirement == "MBOX-2"
    assert problems(case, lambda complaint: False) == []


def test_what_took_too_long_is_not_judged() -> None:
    case = played(*MADE, OFFER, refused("bob", "poll", 12))
    case.unclear = "it took longer than mail lives"
    assert problems(case, lambda complaint: True) == []


def test_a_complaint_can_be_asked_again_by_a_script() -> None:
    read = found(played(*MADE, OFFER, refused("bob", "poll", 12))).complaint
    assert (read.where, read.predicate, read.arguments) == ("status", "status_in", {"statuses": [200]})
    assert read.wanted == "200 with offer 1, which nobody has read"
    counted = found(played(*MADE, CAROL, done("carol", "joined", 8, count=2))).complaint
    assert (counted.where, counted.predicate, counted.arguments) == (
        "body.room.participantCount",
        "equals",
        {"value": 3},
    )
    older = found(played(*MADE, *CASES["an older offer"][0])).complaint
    assert (older.where, older.arguments) == ("body.offer", {"value": "v=0 offer 2"})


def test_an_activity_that_goes_back_is_found() -> None:
    case = played(*MADE, CAROL)
    case.activity = [Activity("A", 2, 3, 1000, 2), Activity("A", 8, 9, 999, 8)]
    assert found(case).complaint.requirement == "ROOM-11"
    case.activity = [Activity("A", 2, 3, 1000, 2), Activity("A", 8, 9, 1000, 8), Activity("B", 8, 9, 1, 8)]
    assert problems(case, lambda complaint: True) == []


def test_what_may_be_many_things_is_not_sure() -> None:
    assert not found(played(*MADE, OFFER, refused("bob", "poll", 12))).sure
    assert found(played(*MADE, *CASES["an offer twice"][0])).sure


def test_strangers_are_who_is_not_inside() -> None:
    assert strangers(parse("a:create b:join a:offer b:leave c:list a:poll")) == set()
    assert strangers(parse("a:create b:join b:leave b:poll c:leave@B")) == {("b", "A"), ("c", "B")}


def test_what_is_wrong_with_every_answer_hides_nothing_and_is_told_once() -> None:
    case = played(*MADE, *CASES["an offer twice"][0])
    for number in range(6):
        case.stage.records.append({"id": 2 * number, "operation": "createRoom"})
        case.stage.complaints.append((Complaint("HDR-2", "header X-Frame-Options", "DENY", "none"), number))
        case.stage.complaints.append((Complaint("ERR-4", "body", "a shape", "none"), number))
    told = problems(case, lambda complaint: True)
    assert [one.complaint.requirement for one in told] == ["MBOX-2", "HDR-2", "ERR-4"]
    assert [one.what == BY_ITSELF for one in told] == [False, True, True]
    case.unclear = "a play that nothing may be made of"
    assert [one.complaint.requirement for one in problems(case, lambda complaint: True)] == ["HDR-2", "ERR-4"]

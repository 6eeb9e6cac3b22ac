"""Schedules as text, how many there are, and what the model of one room says of histories made by hand."""

from __future__ import annotations

import asyncio
import random
from itertools import islice
from math import comb
from typing import Any

import pytest

from conformance.explore.schedules.one_room import UNSEEN
from conformance.explore.schedules.programs import LAST, MAKER, PROGRAMS, Plays
from conformance.explore.schedules.schedule import (
    BOTH,
    VERBS,
    Schedule,
    ScheduleError,
    Step,
    count,
    merged,
    parse,
    paths,
    show,
    steps_of,
    turbulence,
)
from conformance.explore.schedules.shorten import shortened
from conformance.explore.schedules.symptoms import first_broken
from protocol.linearizability import Operation

ALL = Plays(frozenset(VERBS.values()))


# -- the notation


@pytest.mark.parametrize(
    "text",
    [
        "alice:create bob:join (alice:offer | bob:poll) bob:poll",
        "alice:create@B (alice:candidate@B | bob:poll-candidates@B | carol:list)",
        "bob:join!unheard (alice:leave | bob:leave@B!twice)",
    ],
)
def test_a_schedule_reads_back_as_it_is_shown(text: str) -> None:
    assert show(parse(text)) == text


def test_the_parts_of_a_step_are_told_apart() -> None:
    assert parse("(bob:poll-answer@B!again | alice:list)") == (
        (Step("bob", "poll-answer", "B", "again"), Step("alice", "list")),
    )


@pytest.mark.parametrize(
    "text", ["alice", "alice:dances", "(alice:offer | )", "alice:offer@b", "(alice:offer"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        parse(text)


def test_every_play_reads_back() -> None:
    plays = [*islice(ALL.two(random.Random(1), at_once=True), 200), *islice(ALL.three(random.Random(1)), 200)]
    assert all(parse(show(play)) == play for play in plays)


# -- how many there are

DELANNOY = {(1, 1): 3, (2, 2): 13, (3, 3): 63, (4, 4): 321, (2, 3): 25}  # OEIS A001850 and A008288


@pytest.mark.parametrize("lengths", DELANNOY)
def test_all_merges_are_there_once(lengths: tuple[int, int]) -> None:
    found = paths(*lengths)
    assert len(set(found)) == len(found) == DELANNOY[lengths]
    for both in range(min(lengths) + 1):
        assert sum(path.count(BOTH) == both for path in found) == count(*lengths, both)
    assert count(*lengths, 0) == comb(sum(lengths), lengths[0])
    assert count(*lengths, min(lengths) + 1) == 0


def test_those_with_few_changes_come_first() -> None:
    assert [turbulence(path) for path in paths(3, 2)] == sorted(turbulence(path) for path in paths(3, 2))
    assert paths(2, 2)[:2] == ("1122", "2211")


def test_a_merge_keeps_the_order_of_each() -> None:
    ours, theirs = parse("a:create a:offer a:leave"), parse("b:join b:poll")
    for path in paths(3, 2):
        done = steps_of(merged(path, steps_of(ours), steps_of(theirs)))
        assert [step for step in done if step.who == "a"] == steps_of(ours)
        assert [step for step in done if step.who == "b"] == steps_of(theirs)


@pytest.mark.parametrize("at_once", [False, True])
def test_as_many_plays_as_are_promised(at_once: bool) -> None:
    plays = [show(play) for play in ALL.two(random.Random(3), at_once=at_once)]
    assert len(plays) == ALL.count_two(at_once=at_once)
    assert len(set(plays)) == len(plays)


def test_the_seed_decides_the_order() -> None:
    def first(seed: int) -> list[str]:
        chance = random.Random(seed)
        return [show(play) for play in islice(ALL.three(chance), 20)]

    assert first(1) == first(1) != first(2)


def test_what_is_not_offered_is_not_played() -> None:
    plain = Plays(frozenset(VERBS.values()) - {"sendCandidate", "getCandidates"})
    assert {program for program in PROGRAMS if "candidate" in program.does} == (
        set(ALL.programs) - set(plain.programs)
    )
    done = {step.verb for play in islice(plain.three(random.Random(1)), 300) for step in steps_of(play)}
    assert done == {*VERBS} - {"candidate", "poll-candidates"}


def test_budgets_are_kept() -> None:
    """Nobody does more in a play than a tenth of the smallest budget there is for it, creating aside."""
    for play in islice(ALL.three(random.Random(2)), 300):
        steps = steps_of(play)
        assert sum(step.who == MAKER and step.verb == "create" for step in steps) <= 3
        assert all(
            sum(step.who == who and step.verb == "join" for step in steps) <= 4 for who in (MAKER, LAST)
        )


# -- the model, and histories made by hand


def done(
    who: str, what: str, at: int, given: Any = None, until: int | None = None, **output: Any
) -> Operation:
    return Operation(who, what, at, at + 1 if until is None else until, given, {"status": 200, **output}, at)


def history(*operations: Operation) -> list[Operation]:
    return [done("alice", "create", 0), done("bob", "join", 2), *operations]


def refused(who: str, what: str, at: int, status: int) -> Operation:
    return Operation(who, what, at, at + 1, None, {"status": status}, at)


OFFER = done("alice", "offer", 10, "one")
RIGHT = {
    "an offer is read once": [OFFER, done("bob", "poll", 12, mail="one"), refused("bob", "poll", 14, 404)],
    "one's own may be there": [
        OFFER,
        done("alice", "poll", 12, mail="one"),
        done("bob", "poll", 14, mail="one"),
    ],
    "one's own may be taken": [OFFER, done("alice", "poll", 12, mail="one"), refused("bob", "poll", 14, 404)],
    "one's own may be hidden": [
        OFFER,
        refused("alice", "poll", 12, 404),
        done("bob", "poll", 14, mail="one"),
    ],
    "mail of who left may be gone": [OFFER, done("alice", "leave", 12), refused("bob", "poll", 14, 404)],
    "mail of who left may be there": [
        OFFER,
        done("alice", "leave", 12),
        done("bob", "poll", 14, mail="one"),
    ],
    "strangers are refused": [refused("eve", "poll", 10, 403), refused("eve", "offer", 12, 404)],
    "strangers may leave": [done("eve", "leave", 10), done("bob", "listed", 12, count=2)],
    "all have left": [
        done("alice", "leave", 10),
        done("bob", "leave", 12),
        refused("eve", "join", 14, 404),
        done("eve", "listed", 16, there=False),
        refused("bob", "leave", 18, 404),
    ],
    "sent at once, read after": [
        done("alice", "offer", 10, "one", until=15),
        done("bob", "offer", 11, "two", until=14),
        done("alice", "poll", 16, mail="two"),
    ],
    "sent at once, in the other order": [
        done("alice", "offer", 10, "one", until=15),
        done("bob", "offer", 11, "two", until=14),
        done("bob", "poll", 16, mail="one"),
    ],
    "a read whose answer was lost": [
        OFFER,
        Operation("bob", "poll", 12, 13, None, UNSEEN),
        refused("bob", "poll", 14, 404),
    ],
    "a read that never arrived, perhaps": [
        OFFER,
        Operation("bob", "poll", 12, 13),
        done("bob", "poll", 14, mail="one"),
    ],
    "candidates since a cursor": [
        done("alice", "candidate", 10, "c1"),
        done("bob", "poll-candidates", 12, ("l1", None), items=["c1"]),
        done("bob", "candidate", 14, "c2"),
        done("alice", "candidate", 16, "c3"),
        done("bob", "poll-candidates", 18, ("l2", "l1"), items=["c3"]),
        done("bob", "poll-candidates", 20, ("l3", None), items=["c1", "c3"]),
    ],
    "a candidate sent twice on the way": [
        Operation("alice", "candidate", 10, 11, "c1", UNSEEN),
        done("alice", "candidate", 10, "c1"),
        done("bob", "poll-candidates", 12, ("l1", None), items=["c1", "c1"]),
    ],
}
WRONG: dict[str, list[Operation]] = {
    "an offer is read twice": [
        OFFER,
        done("bob", "poll", 12, mail="one"),
        done("bob", "poll", 14, mail="one"),
    ],
    "read twice at once": [
        OFFER,
        done("carol", "join", 11),
        done("bob", "poll", 13, mail="one", until=15),
        done("carol", "poll", 13, mail="one", until=16),
    ],
    "an offer is lost": [OFFER, refused("bob", "poll", 12, 404)],
    "an older one comes": [OFFER, done("alice", "offer", 12, "two"), done("bob", "poll", 14, mail="one")],
    "mail of another room": [done("bob", "poll", 12, mail="of another room")],
    "an answer as offer": [done("alice", "answer", 10, "one"), done("bob", "poll", 12, mail="one")],
    "a join is not counted": [done("carol", "join", 10), done("carol", "listed", 12, count=2)],
    "a join counts twice": [done("bob", "join", 10), done("bob", "joined", 10, count=3)],
    "a leave is not counted": [done("bob", "leave", 10), done("alice", "listed", 12, count=2)],
    "two joins at once, one of them lost": [
        done("carol", "join", 10, until=15),
        done("dave", "join", 11, until=14),
        done("bob", "listed", 16, count=3),
    ],
    "a room that all have left": [
        done("alice", "leave", 10),
        done("bob", "leave", 12),
        done("eve", "join", 14),
    ],
    "a room ends too early": [done("alice", "leave", 10), done("eve", "listed", 12, there=False)],
    "a stranger reads": [OFFER, done("eve", "poll", 12, mail="one")],
    "a stranger posts": [done("eve", "answer", 12, "one")],
    "candidates backwards": [
        done("alice", "candidate", 10, "c1"),
        done("alice", "candidate", 12, "c2"),
        done("bob", "poll-candidates", 14, ("l1", None), items=["c2", "c1"]),
    ],
    "a candidate again with the next cursor": [
        done("alice", "candidate", 10, "c1"),
        done("bob", "poll-candidates", 12, ("l1", None), items=["c1"]),
        done("bob", "poll-candidates", 14, ("l2", "l1"), items=["c1"]),
    ],
    "one's own candidate": [
        done("bob", "candidate", 10, "c1"),
        done("bob", "poll-candidates", 14, ("l1", None), items=["c1"]),
    ],
    "a duplicate leaves two offers": [
        Operation("alice", "offer", 10, 11, "one", UNSEEN),
        done("alice", "offer", 10, "one"),
        done("bob", "poll", 12, mail="one"),
        done("bob", "poll", 14, mail="one"),
    ],
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_the_protocol_allows_is_not_held_against_anybody(case: str) -> None:
    assert first_broken(history(*RIGHT[case])) is None


@pytest.mark.parametrize("case", WRONG)
def test_what_it_does_not_allow_is_found_in_the_answer_that_shows_it(case: str) -> None:
    found = first_broken(history(*WRONG[case]))
    assert found is not None
    assert found[0] is WRONG[case][-1]
    assert found[1], "and in which states it would have had to be"


# -- shortening


def test_what_plays_no_part_is_left_out() -> None:
    long = parse(
        "a:create a:create@B b:join c:join (a:offer!slow | c:heartbeat) b:leave@B b:poll c:list b:poll"
    )

    async def fails(schedule: Schedule) -> bool:
        text = show(schedule)
        return "b:join" in text and "a:offer" in text and text.count("b:poll") == 2

    found, minimal = asyncio.run(shortened(long, fails, over=lambda: False))
    assert show(found) == "a:create b:join a:offer b:poll b:poll", "nobody becomes a stranger by it"
    assert minimal


def test_where_the_time_is_over_it_stays_as_it_is() -> None:
    long = parse("a:create b:join")

    async def fails(schedule: Schedule) -> bool:
        raise AssertionError("nothing is begun")

    assert asyncio.run(shortened(long, fails, over=lambda: True)) == (long, False)

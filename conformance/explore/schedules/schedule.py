"""Schedules: who takes which step, after whom or at once with whom: a notation, and all merges of two.

`alice:create bob:join (alice:offer | bob:poll@B) bob:leave!twice`: steps in their order, those in brackets
sent at once; `@B` names a room other than A, `!twice` what goes wrong on the way (faults.py). Nothing is
sent here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from math import factorial

from conformance.explore.method import ReplayError

HERE = "A"  # the room that a step without a name is about
VERBS = {
    "create": "createRoom",
    "join": "joinRoom",
    "leave": "leaveRoom",
    "heartbeat": "heartbeat",
    "list": "listRooms",
    "offer": "sendOffer",
    "answer": "sendAnswer",
    "candidate": "sendCandidate",
    "poll": "getOffer",
    "poll-answer": "getAnswer",
    "poll-candidates": "getCandidates",
}
ABANDONED = "abandoned"  # the fault by which nobody waits for the target's answer
STEP = re.compile(r"(?P<who>[a-z]+):(?P<verb>[a-z-]+)(?:@(?P<room>[A-Z]))?(?:!(?P<fault>[a-z-]+))?")
FIRST, SECOND, BOTH = "1", "2", "x"


class ScheduleError(ReplayError):
    """A text that is no schedule; the message says where."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one person does."""

    who: str
    verb: str
    room: str = HERE
    fault: str = ""

    def __str__(self) -> str:
        room = "" if self.room == HERE else f"@{self.room}"
        return f"{self.who}:{self.verb}{room}" + (f"!{self.fault}" if self.fault else "")

    def without_fault(self) -> Step:
        return replace(self, fault="")


Group = tuple[Step, ...]  # sent at once
Schedule = tuple[Group, ...]


def show(schedule: Schedule) -> str:
    return " ".join(
        str(group[0]) if len(group) == 1 else f"({' | '.join(map(str, group))})" for group in schedule
    )


def parse(text: str) -> Schedule:
    """The schedule that `show` writes so. Raises ScheduleError."""
    groups: list[Group] = []
    for piece in re.findall(r"\([^()]*\)|[^\s()]+|[()]", text):
        inside = piece[1:-1].split("|") if piece.startswith("(") and piece.endswith(")") else [piece]
        groups.append(tuple(_step(one.strip()) for one in inside))
    return tuple(groups)


def _step(text: str) -> Step:
    found = STEP.fullmatch(text)
    if found is None or found["verb"] not in VERBS:
        raise ScheduleError(f"{text!r}: expected who:verb, with verb one of {', '.join(VERBS)}")
    return Step(found["who"], found["verb"], found["room"] or HERE, found["fault"] or "")


def one_by_one(steps: Iterable[Step]) -> Schedule:
    return tuple((step,) for step in steps)


def steps_of(schedule: Schedule) -> list[Step]:
    return [step for group in schedule for step in group]


def by_chance(schedule: Schedule) -> bool:
    """Whether it depends on luck what the same schedule shows."""
    return any(len(group) > 1 for group in schedule) or any(
        step.fault == ABANDONED for step in steps_of(schedule)
    )


# -- all merges of two programs, as paths: whose step is next, or those of both at once


@cache
def paths(first: int, second: int) -> tuple[str, ...]:
    """Every merge of so many steps with so many: those with few changes between people first."""
    return tuple(sorted(_paths(first, second), key=lambda path: (turbulence(path), path)))


def _paths(first: int, second: int) -> Iterator[str]:
    if not first or not second:
        yield FIRST * first + SECOND * second
        return
    for rest in _paths(first - 1, second):
        yield FIRST + rest
    for rest in _paths(first, second - 1):
        yield SECOND + rest
    for rest in _paths(first - 1, second - 1):
        yield BOTH + rest


def turbulence(path: str) -> int:
    """How often somebody else goes on, or somebody comes in between."""
    return sum(one != other for one, other in pairwise(path)) + path.count(BOTH)


def count(first: int, second: int, at_once: int) -> int:
    """How many merges have so many pairs of steps at once: with none it is the binomial coefficient, over
    all of them the Delannoy number.
    """
    if at_once > min(first, second):
        return 0
    length = first + second - at_once
    return factorial(length) // (
        factorial(at_once) * factorial(first - at_once) * factorial(second - at_once)
    )


def merged(path: str, first: Sequence[Step], second: Sequence[Step]) -> Schedule:
    ours, theirs = iter(first), iter(second)
    groups: list[Group] = []
    for turn in path:
        if turn == BOTH:
            groups.append((next(ours), next(theirs)))
        else:
            groups.append((next(ours if turn == FIRST else theirs),))
    return tuple(groups)

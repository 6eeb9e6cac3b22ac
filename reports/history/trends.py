"""From a target's runs to trends: per requirement when it first failed, what changed last, how steady it is.

Pure: entries in, values out; the oldest entry comes first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from protocol.spec import Requirement, Spec
from reports.compare.changes import Change, Kind, changes
from reports.compare.matrix import ABSENT
from reports.history.store import Entry
from reports.runs import Outcome
from reports.score import NOT_OFFERED
from reports.verdicts import Verdict

DAY_S, HOUR_S = 86_400.0, 3_600.0
FAILED = (Verdict.FAIL, Verdict.EXPECTED_FAIL)
DEFINITION = (
    "of the runs that decided the requirement (pass, fail, expected-fail or flaky), the share that were "
    "flaky or stood alone, which is to say that the runs before and after it agree with one another and not "
    "with it. A real fault of one night that was mended the next day looks the same."
)


@dataclass(frozen=True)
class Step:
    """The runs from number `start` to `end`, which is not of it any more, all had this word."""

    word: str
    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Trend:
    """One requirement over all runs. Numbers are those of runs, from 0 on; None: it never was so.

    `first_failed`: the first run in which it failed; `failing_since`: since when it fails without a break up
    to the last run; `unsteady` of `decided` runs were flaky or stood alone.
    """

    requirement: Requirement
    words: tuple[str, ...]
    first_seen: int
    first_failed: int | None
    failing_since: int | None
    decided: int
    unsteady: int
    reason: str = ""  # of the last run

    @property
    def now(self) -> str:
        return self.words[-1]

    @property
    def steps(self) -> tuple[Step, ...]:
        return steps(self.words)

    @property
    def changed(self) -> int | None:
        """The run of the last change."""
        start = self.steps[-1].start
        return start if start > self.first_seen else None

    @property
    def flaky_rate(self) -> float | None:
        """Between 0 and 1: see DEFINITION. None where nothing was decided."""
        return self.unsteady / self.decided if self.decided else None

    @property
    def notable(self) -> bool:
        """Whether there is anything to tell: it changed, or it is neither passed nor out of the count."""
        quiet = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_APPLICABLE, NOT_OFFERED, Verdict.NOT_RUN)
        return self.changed is not None or self.now not in quiet


def steps(words: Sequence[str]) -> tuple[Step, ...]:
    found: list[Step] = []
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or words[place] != words[start]:
            found.append(Step(words[start], start, place))
            start = place
    return tuple(found)


def trends(entries: Sequence[Entry], spec: Spec, *, fitness: bool = False) -> list[Trend]:
    """One for each requirement of the spec that some run was asked, in the spec's order."""
    outcomes = [entry.fitness if fitness else entry.found for entry in entries]
    asked = set().union(*outcomes) if outcomes else set()
    return [_trend(r, outcomes) for name, r in spec.requirements.items() if name in asked]


def _trend(requirement: Requirement, outcomes: Sequence[Mapping[str, Outcome]]) -> Trend:
    mine = [found.get(requirement.id) for found in outcomes]
    failed = [n for n, one in enumerate(mine) if one is not None and _failed(one)]
    since = None
    if failed and failed[-1] == len(mine) - 1:
        since = failed[-1]
        for number in reversed(failed):
            if since - number > 1:
                break
            since = number
    decided, unsteady = _steadiness(mine)
    return Trend(
        requirement,
        tuple(one.word if one is not None else ABSENT for one in mine),
        first_seen=next(n for n, one in enumerate(mine) if one is not None),
        first_failed=failed[0] if failed else None,
        failing_since=since,
        decided=decided,
        unsteady=unsteady,
        reason=mine[-1].reason if mine[-1] is not None else "",
    )


def _failed(outcome: Outcome) -> bool:
    return outcome.verdict in FAILED and outcome.word != NOT_OFFERED


def _steadiness(outcomes: Iterable[Outcome | None]) -> tuple[int, int]:
    """How many runs decided it, and how many of them were flaky or stood alone (see DEFINITION)."""
    told = [
        "flaky" if one.verdict is Verdict.FLAKY else "failed" if one.verdict in FAILED else "passed"
        for one in outcomes
        if one is not None and one.verdict in (Verdict.PASS, Verdict.FLAKY, *FAILED)
    ]
    alone = sum(
        before == after != this and "flaky" not in (before, this)
        for before, this, after in zip(told, told[1:], told[2:], strict=False)
    )
    return len(told), told.count("flaky") + alone


@dataclass(frozen=True)
class Night:
    """A run in which something changed against the one before."""

    number: int
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> list[str]:
        return [change.id for change in self.changes if change.kind is kind]


def nights(entries: Sequence[Entry]) -> list[Night]:
    """The runs in which something changed, the last first. That something is flaky still is no change."""
    found = []
    for number, (before, after) in enumerate(itertools.pairwise(entries), 1):
        if before.found == after.found:
            continue
        told = [
            one
            for one in changes(before.found, after.found)
            if one.kind is not Kind.FLAKY
            or (
                one.before is not None
                and one.after is not None
                and one.before.verdict is not one.after.verdict
            )
        ]
        if told:
            found.append(Night(number, tuple(told)))
    return found[::-1]


def times(entries: Sequence[Entry]) -> tuple[list[float], str]:
    """When each run began, since the first; in days, or in hours or seconds where they are all of one day."""
    begun = [datetime.fromisoformat(entry.started) for entry in entries]
    seconds = [(time - begun[0]).total_seconds() for time in begun]
    whole = max(seconds, default=0.0)
    length, unit = (DAY_S, "d") if whole >= DAY_S else (HOUR_S, "h") if whole >= HOUR_S else (1.0, "s")
    return [one / length for one in seconds], unit


def turns(entries: Sequence[Entry], of: Callable[[Entry], str]) -> list[tuple[int, str]]:
    """Where something other than the target changed: number of the run, and what it is from then on."""
    return [
        (number, of(after))
        for number, (before, after) in enumerate(itertools.pairwise(entries), 1)
        if of(before) != of(after)
    ]

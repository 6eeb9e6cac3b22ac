"""What changed between two runs of one target, by requirement id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reports.runs import Outcome
from reports.score import NOT_OFFERED
from reports.verdicts import Verdict


class Kind(StrEnum):
    """The kinds of change, in the order in which they are shown: what wants a look first."""

    BROKEN = "broken"
    FLAKY = "flaky"
    NOT_RUN = "no longer run"
    GONE = "gone"
    UNCOUNTED = "no longer counts"
    OTHERWISE = "otherwise not passed"
    FIXED = "fixed"
    RUN = "now run"
    NEW = "new"
    COUNTED = "now counts"


TITLES = {
    Kind.BROKEN: "passed before, and no longer does",
    Kind.FLAKY: "flaky in one run or in both",
    Kind.NOT_RUN: "was decided before, and now nobody knows",
    Kind.GONE: "not in the later run: not selected, or not in its spec",
    Kind.UNCOUNTED: "not claimed, not applicable or not offered any more",
    Kind.OTHERWISE: "did not pass before and does not now, in another way",
    Kind.FIXED: "did not pass before, and does now",
    Kind.RUN: "was not run before",
    Kind.NEW: "not in the earlier run: not selected, or not in its spec",
    Kind.COUNTED: "was not claimed, not applicable or not offered before",
}


class _State(StrEnum):
    """What a verdict comes to where only the change matters."""

    PASSED = "passed"
    RED = "red"
    FLAKY = "flaky"
    UNRUN = "unrun"
    UNCOUNTED = "uncounted"


_STATES = {
    Verdict.PASS: _State.PASSED,
    Verdict.FAIL: _State.RED,
    Verdict.EXPECTED_FAIL: _State.RED,
    Verdict.INCONCLUSIVE: _State.RED,
    Verdict.HARNESS_ERROR: _State.RED,
    Verdict.FLAKY: _State.FLAKY,
    Verdict.NOT_RUN: _State.UNRUN,
    Verdict.NOT_APPLICABLE: _State.UNCOUNTED,
    Verdict.NOT_CLAIMED: _State.UNCOUNTED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `after` are None where the requirement was not in that run."""

    id: str
    kind: Kind
    before: Outcome | None
    after: Outcome | None

    @property
    def reasons(self) -> tuple[str, ...]:
        """That of the later run; that of the earlier one where the later has none."""
        if self.after is not None and self.after.reason:
            return (self.after.reason,)
        return (f"before: {self.before.reason}",) if self.before is not None and self.before.reason else ()


def changes(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> tuple[Change, ...]:
    """Every requirement that changed, and those that are flaky in both; by kind, then in the runs' order."""
    found = []
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        kind = _kind(old, new)
        if kind is not None:
            found.append(Change(name, kind, old, new))
    order = list(Kind)
    return tuple(sorted(found, key=lambda change: order.index(change.kind)))


def _kind(before: Outcome | None, after: Outcome | None) -> Kind | None:
    if before is None or after is None:
        return Kind.NEW if before is None else Kind.GONE
    old, new = _state(before), _state(after)
    if _State.FLAKY in (old, new):
        return Kind.FLAKY
    if old is new:
        return Kind.OTHERWISE if old is _State.RED and before.verdict is not after.verdict else None
    if _State.UNCOUNTED in (old, new):
        return Kind.COUNTED if old is _State.UNCOUNTED else Kind.UNCOUNTED
    if _State.UNRUN in (old, new):
        return Kind.RUN if old is _State.UNRUN else Kind.NOT_RUN
    return Kind.FIXED if new is _State.PASSED else Kind.BROKEN


def _state(outcome: Outcome) -> _State:
    return _State.UNCOUNTED if outcome.word == NOT_OFFERED else _STATES[outcome.verdict]

"""The verdicts, and how the verdicts of several checks of one requirement become its own."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What was found. Only `pass` is green; a skip never is."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"  # the twin or a prerequisite failed: named in the reason
    FLAKY = "flaky"  # mixed under re-run
    EXPECTED_FAIL = "expected-fail"  # the target file says so, with a reason
    NOT_APPLICABLE = "not-applicable"  # its condition does not hold at this target
    NOT_CLAIMED = "not-claimed"  # the target does not claim the profile
    NOT_RUN = "not-run"  # with the reason, and the seconds it would have needed
    HARNESS_ERROR = "harness-error"  # our fault


# Of a requirement's checks the gravest verdict counts. A fail outranks our own errors: it is proven.
GRAVITY = (
    Verdict.FAIL,
    Verdict.HARNESS_ERROR,
    Verdict.FLAKY,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_RUN,
    Verdict.EXPECTED_FAIL,
    Verdict.PASS,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_CLAIMED,
)

# Verdicts of requirements that count in score and level.
APPLICABLE = frozenset(GRAVITY) - {Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED}
# ... and of them those that say something of the target.
DECIDED = APPLICABLE - {Verdict.NOT_RUN, Verdict.HARNESS_ERROR}


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a requirement from those of its checks. Raises ValueError when there are none."""
    return min(verdicts, key=GRAVITY.index)

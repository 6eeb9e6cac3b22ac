"""What the tries of one check say together: pass, fail, flaky with its rate, or inconclusive.

A pure function. The engine asks it when a check is done, rejudge asks it again from the run log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.runlog import Record
from reports.verdicts import Verdict


@dataclass(frozen=True)
class Try:
    """One attempt of a check. `alone`: no other check acted meanwhile."""

    attempt: str
    verdict: Verdict
    reason: str = ""
    alone: bool = False

    def record(self) -> Record:
        return {"attempt": self.attempt, "verdict": self.verdict.value, "alone": self.alone}


@dataclass(frozen=True)
class Settled:
    """The verdict, and the index of the try that is its evidence."""

    verdict: Verdict
    deciding: int
    reason: str = ""
    note: str = ""


def settle(tries: Sequence[Try], *, safety: bool = False) -> Settled:
    """What the tries say, in the order in which they were begun. Raises ValueError where there are none.

    A correct target is not disturbed by company, a broken one may be: so after a fail in company only what
    was tried alone counts. Each a fail is a fail, fails and passes are flaky. Where one violation is proof
    (`safety`) the first fail decides, and the others only say how often it shows.
    """
    if not tries:
        raise ValueError("nothing was tried")
    failed = [index for index, one in enumerate(tries) if one.verdict is Verdict.FAIL]
    if not failed:
        return _without_a_fail(tries)
    ran = [one for one in tries if one.verdict is not Verdict.NOT_RUN]
    if safety:
        first = failed[0]
        return Settled(Verdict.FAIL, first, tries[first].reason, _rate(len(failed), len(ran)))
    alone = [index for index, one in enumerate(tries) if one.alone and one.verdict is not Verdict.NOT_RUN]
    if not alone:
        return _not_repeated(tries, failed[0])
    ours = [index for index in alone if tries[index].verdict is Verdict.HARNESS_ERROR]
    if ours:
        return Settled(Verdict.HARNESS_ERROR, ours[0], tries[ours[0]].reason)
    again = [index for index in alone if tries[index].verdict is Verdict.FAIL]
    passed = [index for index in alone if tries[index].verdict is Verdict.PASS]
    if not again and len(passed) == len(alone):
        return Settled(Verdict.PASS, alone[-1], note=f"failed once in company: {tries[failed[0]].reason}")
    if not again:
        open_ = next(index for index in alone if index not in passed)
        return Settled(tries[open_].verdict, open_, tries[open_].reason)
    rate = _rate(len(again), len(again) + len(passed))
    deciding, reason = again[0], tries[again[0]].reason
    if passed:
        return Settled(Verdict.FLAKY, deciding, f"{rate}: {reason}")
    return Settled(Verdict.FAIL, deciding, reason, rate)


def _without_a_fail(tries: Sequence[Try]) -> Settled:
    """The last one that ran decides: what was undecided was tried again."""
    last = len(tries) - 1
    if tries[last].verdict is Verdict.NOT_RUN and last:
        return _not_repeated(tries, last - 1)
    return Settled(tries[last].verdict, last, tries[last].reason)


def _not_repeated(tries: Sequence[Try], index: int) -> Settled:
    """It could not be asked again, so it is neither a fail nor nothing."""
    why = next((one.reason for one in tries[index + 1 :] if one.verdict is Verdict.NOT_RUN), "")
    reason = f"{tries[index].reason}; it could not be repeated alone: {why}"
    return Settled(Verdict.INCONCLUSIVE, index, reason)


def _rate(failed: int, of: int) -> str:
    return f"failed in {failed} of {of} attempts" if of > 1 else ""

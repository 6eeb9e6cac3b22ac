"""From what an attempt of a check raised, if anything, to what it found."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace

from e2e.browser.elements import Unmapped
from e2e.browser.widget import PageError
from e2e.peer import PeerError
from e2e.turn import TurnCannot, TurnError
from protocol.mint import MintError
from protocol.transcript import Redactor
from reports.runlog import Cause, Record, verdict_record
from reports.settle import Try, settle
from reports.verdicts import Verdict
from suite.expectations import CheckFailed, Inconclusive, NotRun, Recorder, current

_recorder: Recorder | None = None  # of the attempt that goes on; pytest runs one at a time


class TooLong(Exception):
    """The check was not done in its time."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"the check was not done within {limit_s:g} s")


def begin(recorder: Recorder | None) -> None:
    """From now on expectations are those of this attempt."""
    global _recorder
    _recorder = recorder


def enter() -> None:
    """Makes the attempt's recorder known to the task that judges."""
    if _recorder is not None:
        current.set(_recorder)


@dataclass(frozen=True)
class Result:
    """What one attempt found. `artifacts` are files in the run's folder, e.g. a trace."""

    attempt: str
    verdict: Verdict
    reason: str = ""
    failure: Record | None = None
    exchange: int | None = None
    cause: Cause | None = None
    seconds: float = 0.0
    artifacts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def result(attempt: str, error: BaseException | None, recorder: Recorder, last: int | None) -> Result:
    """The verdict of an attempt that raised this, or nothing. `last` is its last exchange."""
    text = recorder.redactor.text
    match error:
        case None if not recorder.judged:
            return Result(attempt, Verdict.HARNESS_ERROR, "the check ended without judging anything")
        case None if recorder.without_twin:
            return Result(attempt, Verdict.INCONCLUSIVE, recorder.without_twin, exchange=last)
        case None:
            return Result(attempt, Verdict.PASS, exchange=last)
        case CheckFailed():
            complaint = error.complaint
            failure = {
                "about": text(complaint.about),
                "wanted": text(complaint.wanted),
                "got": text(complaint.got),
            }
            exchange = complaint.exchange or last
            return Result(attempt, Verdict.FAIL, text(str(error)), failure, exchange)
        case Inconclusive():
            return Result(attempt, Verdict.INCONCLUSIVE, text(str(error)), exchange=error.exchange or last)
        case TurnCannot():
            return Result(attempt, Verdict.NOT_RUN, text(str(error)), cause="tools")
        case PageError() | PeerError() | TurnError() | TooLong():
            return Result(attempt, Verdict.INCONCLUSIVE, text(str(error)), exchange=last)
        case NotRun():
            return Result(attempt, Verdict.NOT_RUN, text(str(error)), cause=error.cause)
        case Unmapped():
            return Result(attempt, Verdict.NOT_RUN, str(error), cause="unknown")
        case MintError():
            return Result(attempt, Verdict.NOT_RUN, text(str(error)), cause="tokens")
        case _:
            return Result(attempt, Verdict.HARNESS_ERROR, _story(error, recorder.redactor), exchange=last)


def record(requirement: str, name: str, tries: list[Result]) -> Record:
    """The verdict record of a check: what its attempts say together."""
    found = settle([Try(one.attempt, one.verdict, one.reason, alone=True) for one in tries])
    deciding = replace(tries[found.deciding], verdict=found.verdict, reason=found.reason)
    made = verdict_record(
        requirement,
        name,
        deciding.verdict,
        deciding.reason,
        attempt=deciding.attempt,
        attempts=len(tries),
        exchange=deciding.exchange,
        seconds=sum(one.seconds for one in tries),
        note="; ".join(
            note for note in (found.note, *_before(tries, found.deciding), *deciding.notes) if note
        ),
        failure=deciding.failure if deciding.verdict is not Verdict.PASS else None,
        cause=deciding.cause if deciding.verdict is Verdict.NOT_RUN else None,
        tries=[Try(one.attempt, one.verdict, one.reason, alone=True).record() for one in tries],
    )
    artifacts = [name for one in tries for name in one.artifacts]
    if artifacts:
        made["artifacts"] = artifacts
    return made


def _before(tries: list[Result], deciding: int) -> list[str]:
    """What came before a pass that was not had at once."""
    undecided = [one for one in tries[:deciding] if one.verdict is Verdict.INCONCLUSIVE]
    return [
        f"inconclusive at first: {one.reason}" for one in undecided if tries[deciding].verdict is Verdict.PASS
    ]


def _story(error: BaseException, redactor: Redactor) -> str:
    """Where our own code went wrong, in few lines."""
    return redactor.text("".join(traceback.format_exception(error)[-4:]).strip())

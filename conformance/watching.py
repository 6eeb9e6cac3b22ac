"""The observers of a run: what each has seen so far, and what verdict that makes. It sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any

from conformance.cast import World
from conformance.registry import Observer, Sight
from protocol.transcript import Redactor
from reports.runlog import verdict_record
from reports.verdicts import Verdict

Record = dict[str, Any]


@dataclass
class Watch:
    """What one observer has seen so far: `times` answers it complained of, and the first of them."""

    observer: Observer
    exercised: int = 0
    complaint: str | None = None
    exchange: int | None = None
    attempt: str = ""
    times: int = 0

    def saw(self, sight: Sight, attempt: str, redactor: Redactor) -> None:
        if not self.observer.exercised(sight.answer):
            return
        self.exercised += 1
        complaint = self.observer.function(sight)
        if complaint is None:
            return
        self.times += 1
        if self.complaint is None:
            # It may quote the answer, and what it quotes may be somebody's token.
            self.complaint, self.exchange = redactor.text(complaint), sight.answer.exchange
            self.attempt = attempt

    def record(self, found_at_the_end: str | None, why_nothing: str) -> Record:
        """Its verdict record. `why_nothing` is the reason where no answer was of the kind it judges."""
        verdict, reason = Verdict.PASS, ""
        if self.complaint is not None:
            times = f" ({self.times} of {self.exercised} answers)" if self.times > 1 else ""
            verdict, reason = Verdict.FAIL, self.complaint + times
        elif found_at_the_end is not None:
            verdict, reason = Verdict.FAIL, found_at_the_end
        elif not self.exercised:
            verdict, reason = Verdict.NOT_RUN, why_nothing
        return verdict_record(
            self.observer.requirement,
            self.observer.name,
            verdict,
            reason,
            attempt=self.attempt,
            attempts=1,
            exchange=self.exchange,
            note=f"{self.exercised} answers looked at",
            cause="stopped" if verdict is Verdict.NOT_RUN else None,
        )


class Watches:
    """All observers of a run."""

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._all = [Watch(observer) for observer in observers]

    def saw(self, sight: Sight, attempt: str, redactor: Redactor) -> None:
        for watch in self._all:
            watch.saw(sight, attempt, redactor)

    async def records(self, world: World, why_nothing: str) -> AsyncIterator[Record]:
        """The verdict record of each, once the run is over."""
        for watch in self._all:
            at_end = watch.observer.at_end
            found = None if at_end is None else await asyncio.to_thread(at_end, world)
            yield watch.record(found, why_nothing)

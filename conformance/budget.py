"""A time budget: which checks come first, how much time is left, and what the run is worth in the end."""

from __future__ import annotations

import time
from collections.abc import Collection

from conformance.registry import Job
from reports.runlog import Record
from reports.verdicts import Verdict
from suite import worth

ROUNDS = 10  # in which the checks are begun


class Budget:
    """So many seconds from now on. It hears the run's records."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._worth = worth.shipped()
        self._decided: set[str] = set()

    @property
    def left_s(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def rounds(self, jobs: Collection[Job]) -> list[list[Job]]:
        """The jobs in parts, those that find the most mutants for their time first."""
        by_id = {job.id: job for job in jobs}
        return [[by_id[name] for name in part] for part in self._worth.rounds(by_id, self.seconds / ROUNDS)]

    def __call__(self, record: Record) -> None:
        if record["type"] == "verdict" and record["verdict"] != Verdict.NOT_RUN:
            self._decided.add(worth.check_of(record))

    def kept(self, intended: Collection[str]) -> Record:
        """How many of the mutants that a whole run finds what was decided finds."""
        of = self._worth.found_by(c for c in self._worth.kills if c.partition(" ")[0] in intended)
        found = self._worth.found_by(self._decided) & of
        return {"seconds": self.seconds, "mutants": len(found), "of": len(of)}

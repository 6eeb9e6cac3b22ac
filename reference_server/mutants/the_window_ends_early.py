"""A lifetime that is too short."""

from __future__ import annotations

from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant

LATE_MS = -10_000


@mutant(
    "RATE-9",
    "the window ends ten seconds early",
    shows="the status shortly before the window ends: wanted 429; got 200",
)
class TheWindowEndsEarly(Reaching, Budgets):
    def spend(self, operation: str, key: Any) -> None:
        super().spend(operation, key)
        window = self._windows[operation][key]
        if window.count == 1:
            self.reached()
            window.ends += LATE_MS

"""A lifetime that is too long."""

from __future__ import annotations

from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant

LATE_MS = 10_000


@mutant(
    "RATE-9",
    "the window ends ten seconds late",
    shows="the_budget_returns_when_the_window_ends: createRoom: wanted 200 .* got 429",
    also=["RATE-7"],
    why_also="Retry-After then says more than a window",
)
class TheWindowEndsLate(Reaching, Budgets):
    def spend(self, operation: str, key: Any) -> None:
        super().spend(operation, key)
        window = self._windows[operation][key]
        if window.count == 1:
            self.reached()
            window.ends += LATE_MS

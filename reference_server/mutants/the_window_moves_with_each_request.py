"""A window that is counted from the last request."""

from __future__ import annotations

from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant


@mutant(
    "RATE-9",
    "the window is counted from the last request, not from the first",
    shows="the_whole_budget_returns_when_the_window_ends: createRoom 1 of 5 .* got 429",
)
class TheWindowMovesWithEachRequest(Reaching, Budgets):
    def spend(self, operation: str, key: Any) -> None:
        super().spend(operation, key)
        window = self._windows[operation][key]
        if window.count > 1:
            self.reached()
            window.ends = self._clock.now_ms() + self._budgets[operation].window * 1000

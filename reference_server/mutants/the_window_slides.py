"""A window that never closes on those who knock."""

from __future__ import annotations

from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant


@mutant(
    "RATE-9",
    "a refused request opens the window anew",
    shows="the_budget_returns_when_the_window_ends: createRoom: wanted 200 .* got 429",
)
class TheWindowSlides(Reaching, Budgets):
    def check(self, operation: str, key: Any) -> None:
        try:
            super().check(operation, key)
        except Exception:
            self.reached()
            window = self._windows[operation][key]
            window.ends = self._clock.now_ms() + self._budgets[operation].window * 1000
            raise

"""A limit that is passed before it is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant


class Larger(Reaching, Budgets):
    """One more than the budget of an operation."""

    operation = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        budget = self._budgets[self.operation]
        self._budgets[self.operation] = replace(budget, limit=budget.limit + 1)
        self.reached()


@mutant(
    "RATE-1",
    "one room more than the budget is granted",
    also=["RATE-7", "RATE-8", "RATE-9", "RATE-10", "RATE-12", "RATE-14", "CORS-6"],
    why_also="they spend this budget to its end",
)
class OneRoomTooMany(Larger):
    operation = "createRoom"

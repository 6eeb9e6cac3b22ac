"""A limit that is passed before it is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant


class Shifted(Reaching, Budgets):
    """The budget of an operation is one more than it should be, or (`by = -1`) one less."""

    operation: ClassVar[str] = ""
    by: ClassVar[int] = 1

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        budget = self._budgets[self.operation]
        self._right = budget.limit
        self._budgets[self.operation] = replace(budget, limit=budget.limit + self.by)

    def check(self, operation: str, key: Any) -> None:
        window = self._windows[operation].get(key)
        limits = (self._right, self._right + self.by)
        if operation == self.operation and window is not None and min(limits) <= window.count < max(limits):
            self.reached()
        super().check(operation, key)


@mutant(
    "RATE-1",
    "one room more than the budget is granted",
    shows="createRoom: wanted 429; got 200",
    also=["RATE-7", "RATE-10", "RATE-12", "CORS-6"],
    why_also="they spend this budget to its end",
)
class OneRoomTooMany(Shifted):
    operation = "createRoom"

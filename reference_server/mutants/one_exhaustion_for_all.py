"""A counter that is keyed by nothing."""

from __future__ import annotations

from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import TooMany


@mutant(
    "RATE-8",
    "whoever comes from the address of one whose budget is spent is refused too",
    shows="ones_exhaustion_does_not_touch_another: createRoom: wanted 200 .* got 429",
    also=["RATE-14", "RATE-11"],
    why_also="all users of a run come from one address",
)
class OneExhaustionForAll(Reaching, Budgets):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._refusal: TooMany | None = None

    def check(self, operation: str, key: Any) -> None:
        if operation != "createRoom":
            super().check(operation, key)
            return
        if self._refusal is not None:
            self.reached()
            refusal, self._refusal = self._refusal, None
            raise refusal
        try:
            super().check(operation, key)
        except TooMany as refusal:
            self._refusal = refusal
            raise

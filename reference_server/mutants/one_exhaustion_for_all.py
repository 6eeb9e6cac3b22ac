"""A counter that is keyed by too little: for a moment, by the address that all users of a run share."""

from __future__ import annotations

import time
from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import TooMany

# For longer, and nobody in the run could make a room any more: no other check would have anything to say.
MOMENT_S = 0.2


@mutant(
    "RATE-8",
    "for a moment whoever comes from the address of one whose budget is spent is refused too",
    shows="ones_exhaustion_does_not_touch_another: createRoom: wanted 200 .* got 429",
    also=["RATE-11", "RATE-14"],
    why_also="all users of a run come from one address; which of them come in that moment is chance",
)
class OneExhaustionForAll(Reaching, Budgets):
    _refusal: TooMany | None = None
    _until = 0.0

    def check(self, operation: str, key: Any) -> None:
        try:
            super().check(operation, key)
        except TooMany as refusal:
            if operation == "createRoom":
                self._refusal, self._until = refusal, time.monotonic() + MOMENT_S
            raise
        if operation == "createRoom" and self._refusal is not None and time.monotonic() < self._until:
            self.reached()
            raise self._refusal

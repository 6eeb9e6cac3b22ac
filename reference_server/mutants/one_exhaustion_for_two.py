"""A counter that is keyed by too little: whoever is nearest in the table is counted with the other."""

from __future__ import annotations

import re
from typing import Any

from reference_server.budgets import Budgets
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import TooMany

NUMBER = re.compile(r"\d+$")


@mutant(
    "RATE-8",
    "a spent budget is spent for the user whose id ends in the next number too",
    shows="ones_exhaustion_does_not_touch_another: createRoom: wanted 200 .* got 429",
)
class OneExhaustionForTwo(Reaching, Budgets):
    # Not for all who come from one address, as would be likelier: all users of a run do, and nobody could
    # make a room any more.
    def clear(self) -> None:
        super().clear()
        self._spent: dict[int, TooMany] = {}

    def check(self, operation: str, key: Any) -> None:
        found = NUMBER.search(str(key))
        number = int(found.group()) if found and operation == "createRoom" else 0
        try:
            super().check(operation, key)
        except TooMany as refusal:
            self._spent[number] = refusal
            raise
        if number and number - 1 in self._spent:
            self.reached()
            raise self._spent[number - 1]

"""Off by one."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import property_of, relax


@mutant(
    "VAL-5",
    "an offer may have one character less than its limit",
    also=["VAL-18"],
    why_also="it sends text of the whole limit",
)
class OffersAreOneShorter(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "sendOffer", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        property_of(schema, "offer")["maxLength"] -= 1

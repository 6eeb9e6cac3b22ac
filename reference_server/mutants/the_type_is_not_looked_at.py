"""A constant that is not compared."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import property_of, relax


@mutant("VAL-4", "`type` of an offer may be anything")
class TheTypeIsNotLookedAt(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "sendOffer", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        property_of(schema, "type").pop("const")

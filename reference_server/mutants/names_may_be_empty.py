"""A limit at one end only."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import property_of, relax


@mutant("VAL-3", "broadcasterName may be empty")
class NamesMayBeEmpty(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "createRoom", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        name = property_of(schema, "broadcasterName")
        name["minLength"] = 0
        name["pattern"] = "^$|" + name["pattern"]

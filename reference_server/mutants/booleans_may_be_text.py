"""A type that is not looked at."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import property_of, relax


@mutant("VAL-2", "isPublic may be text")
class BooleansMayBeText(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "createRoom", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        del property_of(schema, "isPublic")["type"]

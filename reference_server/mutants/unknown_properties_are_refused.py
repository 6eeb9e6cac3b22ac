"""A schema that is closed."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import relax


@mutant("VAL-12", "a heartbeat with an unknown property is refused")
class UnknownPropertiesAreRefused(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "heartbeat", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        schema["additionalProperties"] = False

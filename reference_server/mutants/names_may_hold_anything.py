"""A pattern without its anchors."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import property_of, relax


@mutant(
    "VAL-4",
    "names match their pattern anywhere",
    also=["VAL-11", "VAL-7", "VAL-15", "PRIV-3", "ERR-3"],
    why_also="markup and the like then stand in a name",
)
class NamesMayHoldAnything(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "createRoom", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        property_of(schema, "broadcasterName")["pattern"] = "[a-zA-Z0-9_-]"

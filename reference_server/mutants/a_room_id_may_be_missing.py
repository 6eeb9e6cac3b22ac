"""A field that may be missing."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.mutants.relaxing import relax


@mutant(
    "VAL-1",
    "a heartbeat without a roomId is not refused as invalid",
    also=["ERR-3"],
    why_also="the handler misses it",
)
class ARoomIdMayBeMissing(Reaching, App):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        relax(self._checks.router, "heartbeat", self._change)

    def _change(self, schema: Json) -> None:
        self.reached()
        schema["required"].remove("roomId")

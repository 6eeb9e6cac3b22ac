"""A field that may be missing."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed


@mutant(
    "VAL-1",
    "a heartbeat without a roomId is not refused as invalid",
    shows="heartbeat without roomId: wanted 400; got 500",
    also=["ERR-3", "VAL-16"],
    why_also="the handler misses it, which is no 400",
)
class ARoomIdMayBeMissing(Relaxed):
    body_of = "heartbeat"

    def change(self, schema: Json) -> None:
        schema["required"].remove("roomId")

"""A schema that is closed."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed


@mutant(
    "VAL-12",
    "a heartbeat with an unknown property is refused",
    shows="heartbeat: wanted 200 .* got 400 .*parleyProbe",
)
class UnknownPropertiesAreRefused(Relaxed):
    body_of = "heartbeat"

    def change(self, schema: Json) -> None:
        schema["additionalProperties"] = False

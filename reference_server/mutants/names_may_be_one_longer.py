"""Off by one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-3",
    "customName may be one character longer than its limit",
    shows="createRoom with a bad customName: wanted 400; got 200",
)
class NamesMayBeOneLonger(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "customName")["maxLength"] += 1

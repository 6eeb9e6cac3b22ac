"""Off by one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-5",
    "customName may have one character less than its limit",
    shows="createRoom with customName at its limit: .* got 400 .*customName: has more than 99 characters",
)
class NamesAreOneShorter(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "customName")["maxLength"] -= 1

"""A pattern that is too kind."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant("VAL-4", "keyHash may be in upper case", shows="createRoom with a bad keyHash: wanted 400; got 200")
class HashesMayBeUpperCase(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "keyHash")["pattern"] = "^[0-9a-fA-F]{64}$"

"""A type that is not looked at."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant("VAL-2", "isPublic may be text", shows="createRoom with a bad isPublic: wanted 400; got 200")
class BooleansMayBeText(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        del property_of(schema, "isPublic")["type"]

"""A pattern that is too strict."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant("VAL-5", "a name begins with a letter", shows="the status of a room called '0': wanted 200; got 400")
class NamesBeginWithALetter(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "customName")["pattern"] = "^[a-zA-Z][a-zA-Z0-9 _-]*$"

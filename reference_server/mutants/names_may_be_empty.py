"""A limit at one end only."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-3",
    "broadcasterName may be empty",
    shows="createRoom with a bad broadcasterName: wanted 400; got 200",
)
class NamesMayBeEmpty(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        name = property_of(schema, "broadcasterName")
        name["minLength"] = 0
        name["pattern"] = "^$|" + name["pattern"]

"""A pattern without its anchors."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-4",
    "names match their pattern anywhere",
    shows="createRoom with a bad broadcasterName: wanted 400; got 200",
    also=["VAL-11"],
    why_also="markup and the like then stand in a name",
)
class NamesMayHoldAnything(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "broadcasterName")["pattern"] = "[a-zA-Z0-9_-]"

"""An anchor of another language."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-4",
    "a name may end in a line break",
    shows="createRoom with a bad broadcasterName: wanted 400; got 200",
)
class ANameMayEndInALineBreak(Relaxed):
    body_of = "createRoom"

    def change(self, schema: Json) -> None:
        name = property_of(schema, "broadcasterName")
        name["pattern"] = name["pattern"].replace("$", "\\n?$")

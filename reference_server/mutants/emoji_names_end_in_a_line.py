"""The dollar that lets a line break through."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name may end in a line break",
    shows="an emoji of the name .party_cat.n.: wanted 400; got 200",
)
class EmojiNamesEndInALine(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_]{2,32}\\n?$"

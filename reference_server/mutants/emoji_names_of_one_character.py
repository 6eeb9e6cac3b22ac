"""One is enough, somebody thought."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "an emoji may have a name of one character",
    shows="an emoji of the name 'x': wanted 400; got 200",
)
class EmojiNamesOfOneCharacter(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_]{1,32}$"

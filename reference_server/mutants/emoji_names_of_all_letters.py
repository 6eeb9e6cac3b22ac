"""Letters of all scripts are letters."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name may have letters of any script",
    shows="wanted 400; got 200",
)
class EmojiNamesOfAllLetters(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[\\p{L}\\p{N}_]{2,32}$"

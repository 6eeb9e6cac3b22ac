"""The limit is one more."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "an emoji may have a name of one character more than the most",
    shows="an emoji of the name 'a_name_of_thirty_three_characters': wanted 400; got 200",
)
class EmojiNamesAreOneLonger(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_]{2,33}$"

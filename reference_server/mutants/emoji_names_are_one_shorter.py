"""The limit is one less."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name of the most characters is refused",
    shows=r"'a_name_of_thirty_two_characters_'\]: an emoji of the name .*: wanted 200 .* got 400",
)
class EmojiNamesAreOneShorter(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_]{2,31}$"

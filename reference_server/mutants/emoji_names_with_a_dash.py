"""As in a style sheet."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name may have a dash in it",
    shows="an emoji of the name 'party-cat': wanted 400; got 200",
)
class EmojiNamesWithADash(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_-]{2,32}$"

"""The least is one more."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name of two characters is refused",
    shows=r"'(x_|01)'\]: an emoji of the name .*: wanted 200 .* got 400",
)
class EmojiNamesOfThreeAtLeast(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "^[a-zA-Z0-9_]{3,32}$"

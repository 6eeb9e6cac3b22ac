"""A pattern that finds what it looks for, somewhere."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "EMO-4",
    "a name needs to match in part only",
    shows="wanted 400; got 200",
)
class EmojiNamesAreNotAnchored(Relaxed):
    body_of = "uploadEmoji"

    def change(self, schema: Json) -> None:
        property_of(schema, "name")["pattern"] = "[a-zA-Z0-9_]{2,32}"

"""An exception of the image library that nobody catches."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-2",
    "what is no image is a server error",
    shows="an upload of no image as emoji.png: wanted 400 or 415; got 500",
    also=["EMO-5", "ERR-3"],
    why_also="an SVG is no image either, and a server error is one",
)
class AnOddImageFails(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None:
            self.reached()
            raise ValueError("cannot identify image file")
        return found

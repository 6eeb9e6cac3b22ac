"""Only the format of the tests is recognised."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-1",
    "a WebP is refused",
    shows=r"webp\]: uploadEmoji: wanted 200 .* got 415",
)
class WebpIsNotKnown(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is not None and found.media == "image/webp":
            self.reached()
            return None
        return found

"""The limit itself is over the limit."""

from __future__ import annotations

from reference_server.emoji import Emoji, Emojis
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import TooLarge


@mutant(
    "EMO-1",
    "an image of exactly the most bytes is refused",
    shows="an image of 262144 bytes: wanted 200 .* got 413",
)
class EmojiAreOneByteSmaller(Reaching, Emojis):
    def add(self, domain: str, name: str, content: bytes, by: str) -> Emoji:
        if len(content) == self._most_bytes:
            self.reached()
            raise TooLarge("The image is too large.")
        return super().add(domain, name, content, by)

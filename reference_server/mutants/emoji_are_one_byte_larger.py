"""The limit is compared by the wrong sign."""

from __future__ import annotations

from reference_server.emoji import Emoji, Emojis
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-1",
    "an image of one byte more than the most is taken",
    shows="an image of 262145 bytes: wanted 400 or 413; got 200",
)
class EmojiAreOneByteLarger(Reaching, Emojis):
    def add(self, domain: str, name: str, content: bytes, by: str) -> Emoji:
        if len(content) == self._most_bytes + 1:
            self.reached()
            return super().add(domain, name, content[:-1], by)
        return super().add(domain, name, content, by)

"""One list for all."""

from __future__ import annotations

from reference_server.emoji import Emoji, Emojis
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "the emoji of all domains are listed to everybody",
    shows="each name that another domain is listed: wanted nothing with",
)
class ForeignEmojiAreListed(Reaching, Emojis):
    def of(self, domain: str) -> list[Emoji]:
        self.reached()
        return [emoji for emojis in self._domains.values() for emoji in emojis.values()]

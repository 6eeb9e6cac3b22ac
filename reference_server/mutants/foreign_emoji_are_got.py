"""The list is filtered and the single emoji is not."""

from __future__ import annotations

from reference_server.emoji import Emoji, Emojis
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-3",
    "whoever knows its id gets the emoji of another domain",
    shows="getEmoji by another domain: wanted 403 or 404; got 200",
)
class ForeignEmojiAreGot(Reaching, Emojis):
    def get(self, domain: str, emoji_id: str) -> Emoji:
        for other, emojis in self._domains.items():
            if other != domain and emoji_id in emojis:
                self.reached()
                return emojis[emoji_id]
        return super().get(domain, emoji_id)

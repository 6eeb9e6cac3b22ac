"""A filter that is left out where there is nothing to filter by."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "a token without a domain is listed the emoji of all",
    shows="each name that a token without a domain is listed: wanted nothing with",
)
class NoDomainSeesEveryEmoji(Reaching, EmojiHandlers):
    def list(self, call: Call) -> Json:
        if call.identity is None or call.identity.domain is not None:
            return super().list(call)
        self.reached()
        everything = [emoji for emojis in self._emojis._domains.values() for emoji in emojis.values()]
        return {"success": True, "emojis": [emoji.shown() for emoji in everything]}

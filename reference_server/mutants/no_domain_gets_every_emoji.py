"""A filter that is left out where there is nothing to filter by."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "a token without a domain gets the emoji of any",
    shows="getEmoji by a token without a domain: wanted .*; got 200",
)
class NoDomainGetsEveryEmoji(Reaching, EmojiHandlers):
    def get(self, call: Call) -> Json:
        if call.identity is None or call.identity.domain is not None:
            return super().get(call)
        for emojis in self._emojis._domains.values():
            if call.params["emojiId"] in emojis:
                self.reached()
                return {"success": True, "emoji": emojis[call.params["emojiId"]].shown()}
        return super().get(call)

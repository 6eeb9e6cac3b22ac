"""Filtered by who uploaded it."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "others of the domain do not see an emoji",
    shows="another of the domain is listed: wanted something with",
)
class EmojiAreOnesOwn(Reaching, EmojiHandlers):
    def list(self, call: Call) -> Json:
        everything = super().list(call)
        own = [emoji for emoji in everything["emojis"] if emoji["uploadedBy"] == call.user]
        if len(own) < len(everything["emojis"]):
            self.reached()
        return {**everything, "emojis": own}

"""A field of the form that nobody compares."""

from __future__ import annotations

from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "an emoji may be uploaded to another domain",
    shows="uploadEmoji to another domain: wanted 403; got 200",
)
class UploadsGoWhereTheyLike(Reaching, EmojiHandlers):
    def domain(self, call: Call, named: str | None) -> str:
        mine = super().domain(call, None)
        if named is not None and named.lower() != mine and "domain" in call.fields:
            self.reached()
            return named.lower()
        return super().domain(call, named)

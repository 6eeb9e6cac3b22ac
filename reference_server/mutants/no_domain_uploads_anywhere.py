"""The field of the form stands in for a claim that is not there."""

from __future__ import annotations

from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "a token without a domain adds emoji to the domain that it names",
    shows="after an upload by a token without one: wanted nothing with",
)
class NoDomainUploadsAnywhere(Reaching, EmojiHandlers):
    def domain(self, call: Call, named: str | None) -> str:
        mine = call.identity.domain if call.identity is not None else None
        if mine is None and named is not None and "domain" in call.fields:
            self.reached()
            return named.lower()
        return super().domain(call, named)

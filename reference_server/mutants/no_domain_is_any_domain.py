"""The parameter stands in for a claim that is not there."""

from __future__ import annotations

from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "a token without a domain is listed the emoji of the domain that it names",
    shows="each name that a token without a domain is listed: wanted nothing with",
)
class NoDomainIsAnyDomain(Reaching, EmojiHandlers):
    def domain(self, call: Call, named: str | None) -> str:
        mine = call.identity.domain if call.identity is not None else None
        if mine is None and named is not None and "domain" in call.query:
            self.reached()
            return named.lower()
        return super().domain(call, named)

"""A parameter that differs is put aside."""

from __future__ import annotations

from reference_server.emoji_handlers import EmojiHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "EMO-3",
    "a differing domain parameter is not refused",
    shows="listEmoji of another domain: wanted 403; got 200",
)
class AnotherDomainIsIgnored(Reaching, EmojiHandlers):
    def domain(self, call: Call, named: str | None) -> str:
        mine = super().domain(call, None)
        if named is not None and named.lower() != mine:
            self.reached()
        return mine

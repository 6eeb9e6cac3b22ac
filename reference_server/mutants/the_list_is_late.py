"""A list from a cache that nobody tells."""

from __future__ import annotations

from reference_server.emoji import Emoji, Emojis
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-1",
    "a new emoji is not listed",
    shows="the emoji in the list, by its id: wanted",
    also=["EMO-3", "ENC-2"],
    why_also="they look for a new emoji in the list",
)
class TheListIsLate(Reaching, Emojis):
    def of(self, domain: str) -> list[Emoji]:
        self.reached()
        return super().of(domain)[:-1]

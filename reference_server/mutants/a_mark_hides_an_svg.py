"""A byte order mark hides what follows."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-5",
    "an SVG behind a byte order mark is taken",
    shows="an SVG behind a byte order mark.*wanted 400 or 415; got 200",
)
class AMarkHidesAnSvg(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and content[:3] == b"\xef\xbb\xbf":
            self.reached()
            return self._formats[0]
        return found

"""An SVG is known by its first element alone."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-5",
    "an SVG behind an XML declaration is taken",
    shows="an SVG with a declaration.*wanted 400 or 415; got 200",
)
class XmlIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and content[:5] == b"<?xml":
            self.reached()
            return self._formats[0]
        return found

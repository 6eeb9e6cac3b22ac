"""Only SVG was thought of."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-5",
    "an HTML page is taken",
    shows="an HTML page.*wanted 400 or 415; got 200",
)
class APageIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and b"<!DOCTYPE" in content:
            self.reached()
            return self._formats[0]
        return found

"""Its type begins with image/."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-5",
    "an SVG is taken",
    shows="svg_and_html_are_refused.an SVG.*wanted 400 or 415; got 200",
)
class AnSvgIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and b"<svg" in content:
            self.reached()
            return self._formats[0]
        return found

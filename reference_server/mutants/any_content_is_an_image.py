"""The name says that it is one."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-2",
    "content is taken for an image because of its name",
    shows="an upload of no image as emoji.png: wanted 400 or 415; got 200",
    also=["EMO-5"],
    why_also="an SVG has such a name there, too",
)
class AnyContentIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and True:
            self.reached()
            return self._formats[0]
        return found

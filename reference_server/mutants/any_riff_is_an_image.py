"""The mark at the start, and not the one behind the length."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-2",
    "whatever is in a RIFF container is taken for a WebP",
    shows="a sound in RIFF.*an upload of no image",
)
class AnyRiffIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and content[:4] == b"RIFF":
            self.reached()
            return self._formats[0]
        return found

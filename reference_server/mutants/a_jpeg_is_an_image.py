"""It is one, in other places."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-2",
    "a JPEG is taken",
    shows="a JPEG.*an upload of no image",
)
class AJpegIsAnImage(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and content[:3] == b"\xff\xd8\xff":
            self.reached()
            return self._formats[0]
        return found

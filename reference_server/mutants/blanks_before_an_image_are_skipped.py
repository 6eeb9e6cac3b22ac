"""What is sent is trimmed like text."""

from __future__ import annotations

from reference_server.emoji import Emojis, Kind
from reference_server.mutants import Reaching, mutant


@mutant(
    "EMO-2",
    "an image behind a blank is taken",
    shows="a PNG behind a blank.*an upload of no image",
)
class BlanksBeforeAnImageAreSkipped(Reaching, Emojis):
    def kind_of(self, content: bytes) -> Kind | None:
        found = super().kind_of(content)
        if found is None and super().kind_of(content.strip()) is not None:
            self.reached()
            return self._formats[0]
        return found

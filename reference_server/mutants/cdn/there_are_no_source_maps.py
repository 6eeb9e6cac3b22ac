"""Maps that stay on the machine of the build."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-6",
    "source maps are not uploaded",
    shows="the source map of /v1/chat-widget.",
)
class ThereAreNoSourceMaps(Reaching, Delivery):
    def place(self, path: str) -> Place | None:
        if not path.endswith(self._facts["map_suffix"]):
            return super().place(path)
        self.reached()
        return None

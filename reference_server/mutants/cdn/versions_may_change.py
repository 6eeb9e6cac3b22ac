"""Without the word a reload asks again for what never changes."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-2",
    "versioned files are not said to be immutable",
    shows="the Cache-Control of /v1/chat-widget",
)
class VersionsMayChange(Reaching, Delivery):
    def cache_control(self, place: Place) -> str:
        right = super().cache_control(place)
        if place.folder == self._facts["latest"]:
            return right
        self.reached()
        return right.replace(", immutable", "")

"""One rule for the whole folder."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-2",
    "latest is kept as long as a version is",
    shows="the Cache-Control of /latest/",
)
class LatestIsKeptForGood(Reaching, Delivery):
    def cache_control(self, place: Place) -> str:
        right = super().cache_control(place)
        if place.folder != self._facts["latest"]:
            return right
        self.reached()
        return f"{self._facts['cache']['versioned']}"

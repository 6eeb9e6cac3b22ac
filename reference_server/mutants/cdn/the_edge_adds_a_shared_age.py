"""What a CDN adds of its own."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-2",
    "caches on the way may keep latest for a day",
    shows="'s-maxage=86400'",
)
class TheEdgeAddsASharedAge(Reaching, Delivery):
    def cache_control(self, place: Place) -> str:
        right = super().cache_control(place)
        if place.folder != self._facts["latest"]:
            return right
        self.reached()
        return f"{right}, s-maxage=86400"

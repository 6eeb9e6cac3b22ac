"""Versions never change, so they may be kept for good."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-2",
    "versioned files may be kept for a day only",
    shows="the Cache-Control of /v1.0.0/chat-widget.css: wanted ",
)
class VersionsAreKeptForADay(Reaching, Delivery):
    def cache_control(self, place: Place) -> str:
        right = super().cache_control(place)
        if place.folder == self._facts["latest"]:
            return right
        self.reached()
        return right.replace("31536000", "86400")

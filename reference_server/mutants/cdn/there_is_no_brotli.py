"""Brotli is left out."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-4",
    "files are not to be had in brotli",
    shows="wanted 'br'; got None",
)
class ThereIsNoBrotli(Reaching, Delivery):
    def codings(self, place: Place) -> tuple[str, ...]:
        self.reached()
        return tuple(name for name in super().codings(place) if name != "br")

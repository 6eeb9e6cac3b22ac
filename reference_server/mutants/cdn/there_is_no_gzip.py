"""Whoever knows gzip only gets the whole file."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-4",
    "files are not to be had in gzip",
    shows="wanted 'gzip'; got None",
)
class ThereIsNoGzip(Reaching, Delivery):
    def codings(self, place: Place) -> tuple[str, ...]:
        self.reached()
        return tuple(name for name in super().codings(place) if name != "gzip")

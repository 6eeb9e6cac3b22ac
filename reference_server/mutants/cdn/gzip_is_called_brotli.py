"""A file beside the file, under the wrong name."""

from __future__ import annotations

from reference_server.delivery import Delivery, Made, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-4",
    "what is said to be brotli is gzip",
    shows="what is wrong with /v1/chat-widget.",
    also=["CDN-5"],
    why_also="a browser asks for brotli and cannot read what it gets",
)
class GzipIsCalledBrotli(Reaching, Delivery):
    def content(self, place: Place, made: Made, coding: str) -> bytes:
        if coding != "br":
            return super().content(place, made, coding)
        self.reached()
        return made.by_coding["gzip"]

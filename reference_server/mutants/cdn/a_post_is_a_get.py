"""A server that does not look at the method."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "a POST brings the file as a GET does",
    shows="POST /v1.0.0/chat-widget.iife.min.js: wanted",
)
class APostIsAGet(Reaching, Delivery):
    def methods(self, place: Place) -> tuple[str, ...]:
        self.reached()
        return (*super().methods(place), "POST")

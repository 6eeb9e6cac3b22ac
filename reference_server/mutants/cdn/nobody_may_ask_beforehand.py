"""A delivery that knows GET alone."""

from __future__ import annotations

from reference_server.app import Response
from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "OPTIONS is refused, so no page may ask beforehand",
    shows="OPTIONS /v1.0.0/chat-widget.iife.min.js: wanted",
)
class NobodyMayAskBeforehand(Reaching, Delivery):
    def preflight(self, place: Place) -> Response:
        self.reached()
        return self._text(405, "Only GET is answered here.")

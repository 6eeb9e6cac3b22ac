"""A list of types to compress that is too short."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-4",
    "the type of the style is not on the list of what is compressed",
    shows="a_file_comes_compressed[br /v1/chat-widget.css]",
)
class StylesAreNotCompressed(Reaching, Delivery):
    def codings(self, place: Place) -> tuple[str, ...]:
        if place.name != self._facts["files"]["style"]:
            return super().codings(place)
        self.reached()
        return ()

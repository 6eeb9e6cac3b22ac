"""A rule by the ending of a name."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-2",
    "the rule for versions covers scripts and forgets the style",
    shows="the Cache-Control of /v1/chat-widget.css: wanted ",
)
class StylesAreNotKept(Reaching, Delivery):
    def cache_control(self, place: Place) -> str:
        right = super().cache_control(place)
        if place.name != self._facts["files"]["style"]:
            return right
        self.reached()
        return "no-cache"

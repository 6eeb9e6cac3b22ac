"""A page that isolates itself embeds only what allows it."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "isolated pages are not told that they may embed the files",
    shows="the Cross-Origin-Resource-Policy of /v1/",
)
class FilesSayNothingOfOtherPages(Reaching, Delivery):
    def headers(self, place: Place) -> dict[str, str]:
        self.reached()
        return {
            name: value
            for name, value in super().headers(place).items()
            if name != "Cross-Origin-Resource-Policy"
        }

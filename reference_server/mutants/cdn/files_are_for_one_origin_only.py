"""A page on another origin checks the hash of a file only where it may read it."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "no other origin may read the files",
    shows="the Access-Control-Allow-Origin of /v1/",
)
class FilesAreForOneOriginOnly(Reaching, Delivery):
    def headers(self, place: Place) -> dict[str, str]:
        self.reached()
        return {
            name: value
            for name, value in super().headers(place).items()
            if name != "Access-Control-Allow-Origin"
        }

"""Without nosniff a browser may take a file for something else."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "nothing keeps a browser from guessing the type",
    shows="the X-Content-Type-Options of /v1/",
)
class FilesMayBeSniffed(Reaching, Delivery):
    def headers(self, place: Place) -> dict[str, str]:
        self.reached()
        return {
            name: value for name, value in super().headers(place).items() if name != "X-Content-Type-Options"
        }

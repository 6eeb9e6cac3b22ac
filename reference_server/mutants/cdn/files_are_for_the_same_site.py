"""A policy for an application, not for a delivery."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-3",
    "only pages of the same site may embed the files",
    shows="the Cross-Origin-Resource-Policy of /v1/",
    also=["CDN-5"],
    why_also="no page of another site can load the bundles",
)
class FilesAreForTheSameSite(Reaching, Delivery):
    def headers(self, place: Place) -> dict[str, str]:
        self.reached()
        return {**super().headers(place), "Cross-Origin-Resource-Policy": "same-site"}

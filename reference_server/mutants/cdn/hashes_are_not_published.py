"""Whoever embeds a file has to trust it."""

from __future__ import annotations

from reference_server.delivery import Delivery, Place
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-9",
    "no hashes are published",
    shows="where the hashes are published: wanted 200",
)
class HashesAreNotPublished(Reaching, Delivery):
    def place(self, path: str) -> Place | None:
        if not path.endswith(self._facts["integrity"]):
            return super().place(path)
        self.reached()
        return None

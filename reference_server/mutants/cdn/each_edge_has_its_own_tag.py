"""A tag made from the time, or from where the file lies."""

from __future__ import annotations

import secrets

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant


@mutant(
    "CDN-8",
    "each answer has another tag",
    shows="with its own ETag: wanted 304",
)
class EachEdgeHasItsOwnTag(Reaching, Delivery):
    def etag(self, body: bytes) -> bytes | None:
        self.reached()
        return b'"%s"' % secrets.token_hex(16).encode("ascii")

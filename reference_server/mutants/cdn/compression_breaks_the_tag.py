"""Compression on the fly that changes the tag."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CDN-8",
    "a compressed file is never said to be unchanged",
    shows="with its own ETag: wanted 304",
)
class CompressionBreaksTheTag(Reaching, Delivery):
    def unchanged(self, request: Request, etag: bytes) -> bool:
        if not super().unchanged(request, etag):
            return False
        if not request.headers.get(b"accept-encoding", b"identity").startswith(b"identity"):
            self.reached()
            return False
        return True

"""The tag is not compared."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CDN-8",
    "whoever sends a tag is told that nothing changed",
    shows="with an ETag of another file: wanted 200",
)
class AnyTagWillDo(Reaching, Delivery):
    def unchanged(self, request: Request, etag: bytes) -> bool:
        asked = b"if-none-match" in request.headers
        if asked and not super().unchanged(request, etag):
            self.reached()
        return asked

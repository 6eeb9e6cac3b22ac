"""If-None-Match is not looked at."""

from __future__ import annotations

from reference_server.delivery import Delivery
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CDN-8",
    "a file is sent again to whoever has it",
    shows="with its own ETag: wanted 304",
)
class TagsAreNotLookedAt(Reaching, Delivery):
    def unchanged(self, request: Request, etag: bytes) -> bool:
        if super().unchanged(request, etag):
            self.reached()
        return False

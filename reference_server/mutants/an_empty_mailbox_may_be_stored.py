"""A cached nothing."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "HDR-4",
    "the 404 of an empty mailbox carries no Cache-Control, and a 404 may be cached",
    shows=r"Cache-Control of the 404 of getOffer: wanted something with 'no-store' in it; got \[]",
)
class AnEmptyMailboxMayBeStored(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 404:
            self.reached()
            fields = re.sub(rb"(?i)cache-control:[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

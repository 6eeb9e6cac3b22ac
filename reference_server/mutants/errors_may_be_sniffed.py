"""A header that is missing on errors only."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "HDR-1",
    "errors carry no X-Content-Type-Options",
    shows="X-Content-Type-Options on the 401 of listRooms: wanted 'nosniff'; got ''",
)
class ErrorsMayBeSniffed(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status >= 400:
            self.reached()
            fields = re.sub(rb"(?i)x-content-type-options:[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

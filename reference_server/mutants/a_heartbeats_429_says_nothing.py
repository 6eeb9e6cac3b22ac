"""A limiter of its own for heartbeats, which knows no headers."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "RATE-7",
    "a 429 of heartbeat carries no Retry-After",
    shows="the Retry-After header of heartbeat: wanted text that matches .* got None",
)
class AHeartbeats429SaysNothing(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 429 and self.operation(request) == "heartbeat":
            self.reached()
            fields = re.sub(rb"(?i)retry-after:[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

"""A time in the wrong unit."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "RATE-7",
    "X-RateLimit-Reset is in seconds",
    shows=r"the X-RateLimit-Reset header of createRoom: .* got '\d{10}'",
)
class TheResetIsInSeconds(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 429:
            self.reached()
            fields = re.sub(rb"(x-ratelimit-reset: \d{10})\d{3}", rb"\1", fields)
        return super()._response(request, status, fields, body)

"""A refusal that does not say until when."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "RATE-7",
    "a 429 carries no X-RateLimit-Reset",
    shows="the X-RateLimit-Reset header of createRoom: wanted text that matches .* got None",
)
class A429WithoutAReset(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 429:
            self.reached()
            fields = re.sub(rb"(?i)x-ratelimit-reset:[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

"""A refusal that is made before the headers are."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CORS-6",
    "a 429 carries no CORS headers",
    shows="a_429_carries_the_cors_headers: the Access-Control-Allow-Origin header of createRoom",
)
class A429WithoutCors(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        made = super()._response(request, status, fields, body)
        if status != 429 or request.origin is None:
            return made
        self.reached()
        bare = re.sub(rb"(?i)access-control-[^\r\n]*\r\n", b"", made.fields)
        return Response(status, bare, body)

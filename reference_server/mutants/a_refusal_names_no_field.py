"""A refusal without a reason."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-16",
    "the 400 does not name the field",
    shows="the body of the 400: wanted something with 'roomId' in it; got .*Invalid request",
)
class ARefusalNamesNoField(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 400:
            self.reached()
            body = b'{"error": "Invalid request"}'
        return super()._response(request, status, fields, body)

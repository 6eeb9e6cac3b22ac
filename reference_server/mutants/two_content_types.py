"""A header that is set twice."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ENC-9",
    "a sealed answer has two Content-Types",
    shows="the Content-Type headers of the 200 of listRooms: wanted 1; got 2",
)
class TwoContentTypes(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if b"x-encrypted: true" in fields:
            self.reached()
            fields += b"content-type: text/plain\r\n"
        return super()._response(request, status, fields, body)

"""A label on the wrong letter."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ENC-5",
    "errors to a bearer say that they are encrypted",
    shows="joinRoom: wanted a body valid for an error; got : has none of the possible shapes",
    also=["ERR-4"],
    why_also="an error that is said to be sealed cannot be read",
)
class ErrorsAreSaidToBeSealed(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status >= 400 and request.bearer():
            self.reached()
            fields = fields.replace(b"x-encrypted: false", b"x-encrypted: true")
        return super()._response(request, status, fields, body)

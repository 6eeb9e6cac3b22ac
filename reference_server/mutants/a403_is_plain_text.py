"""An error in words."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ERR-4",
    "a 400 or a 403 is plain text",
    shows=r"the 40[03] of \w+ is text/plain, not JSON",
    also=["VAL-16", "ENC-5"],
    why_also="they look into such a body",
)
class A403IsPlainText(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status in (400, 403):
            self.reached()
            body = b"no"
            fields = fields.replace(b"content-type: application/json", b"content-type: text/plain")
        return super()._response(request, status, fields, body)

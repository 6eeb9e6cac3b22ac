"""A letter that its reader cannot open."""

from __future__ import annotations

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ENC-6",
    "answers to a cookie do not say that they are plain",
    shows="the header X-Encrypted: wanted 'false'; got ''",
)
class CookieAnswersDoNotSayThatTheyArePlain(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 200 and request.bearer() is None:
            self.reached()
            fields = fields.replace(b"x-encrypted: false\r\n", b"")
        return super()._response(request, status, fields, body)

"""A page in somebody's frame."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "HDR-2",
    "nothing says that answers are not to be framed",
    shows="whether the 200 of listRooms forbids framing: wanted True; got False",
)
class AnswersMayBeFramed(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        self.reached()
        fields = re.sub(rb"(?i)(x-frame-options|content-security-policy):[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

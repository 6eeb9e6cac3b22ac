"""A refusal without a hint."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "AUTH-13",
    "a 401 carries no WWW-Authenticate",
    shows="the WWW-Authenticate header of listRooms: wanted anything but None; got None",
)
class A401SaysNothing(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 401:
            self.reached()
            fields = re.sub(rb"(?i)www-authenticate:[^\r\n]*\r\n", b"", fields)
        return super()._response(request, status, fields, body)

"""A cache that mixes its readers up."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CORS-7",
    "answers carry no Vary",
    shows=r"the members of Vary: wanted something with 'origin' in it; got \[]",
)
class AnswersDoNotVary(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        self.reached()
        return super()._response(request, status, re.sub(rb"(?i)vary:[^\r\n]*\r\n", b"", fields), body)

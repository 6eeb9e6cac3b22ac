"""A cached mailbox."""

from __future__ import annotations

import re

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "HDR-4",
    "mailbox answers may be cached for a minute",
    shows="Cache-Control of the 200 of getOffer: wanted something with 'no-store' in it; got .*max-age=60",
)
class MailMayBeStored(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if b"offer" in body or b"candidates" in body:
            self.reached()
            fields = re.sub(rb"(?i)(cache-control:)[^\r\n]*", rb"\1 private, max-age=60", fields)
        return super()._response(request, status, fields, body)

"""A number told twice, differently."""

from __future__ import annotations

import json

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "RATE-7",
    "retryAfter in the body of a 429 is in milliseconds",
    shows="retryAfter of the body, against the header: wanted 3600; got 3600000",
)
class TheBodySaysAnotherRetryAfter(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 429:
            self.reached()
            told = json.loads(body)
            body = json.dumps({**told, "retryAfter": told["retryAfter"] * 1000}).encode()
        return super()._response(request, status, fields, body)

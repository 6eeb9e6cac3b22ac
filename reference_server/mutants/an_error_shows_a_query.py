"""What went wrong, told to everybody."""

from __future__ import annotations

import json

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant("ERR-5", "a 400 shows the query that failed", shows="the 400 of createRoom shows a SQL error")
class AnErrorShowsAQuery(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if status == 400:
            self.reached()
            told = json.loads(body)
            query = "SELECT id, owner FROM rooms WHERE id = $1: syntax error at or near"
            body = json.dumps({**told, "message": query}).encode()
        return super()._response(request, status, fields, body)

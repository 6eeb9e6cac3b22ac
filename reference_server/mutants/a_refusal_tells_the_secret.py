"""A secret in an error text."""

from __future__ import annotations

import json

from reference_server.app import App, Response
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant("ERR-5", "a 400 quotes the token that was sent", shows="the 400 of createRoom shows a token")
class ARefusalTellsTheSecret(Reaching, App):
    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        token = request.bearer() or request.cookie(self._names.token_cookie)
        if status == 400 and token:
            self.reached()
            told = json.loads(body)
            body = json.dumps({**told, "message": f"bad request of {token}"}).encode()
        return super()._response(request, status, fields, body)

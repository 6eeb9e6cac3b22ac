"""A header for debugging that was left in."""

from __future__ import annotations

import json

from protocol.spec import Json
from reference_server.app import App, Response
from reference_server.auth import Identity
from reference_server.http1 import lines
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "PRIV-7",
    "a header of every answer names who joined a room last",
    shows="tells .* who is not in its room, what stood in .*'s joinRoom",
)
class AHeaderNamesWhoJoinedLast(Reaching, App):
    _last = ""

    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        answer = super()._handled(request, route, params, identity)
        if route.name == "joinRoom":
            self._last = json.loads(request.body).get("userName", "")
        return answer

    def _response(self, request: Request, status: int, fields: bytes, body: bytes) -> Response:
        if self._last.isascii() and self._last:
            self.reached()
            fields += lines([(b"x-last-joined", self._last.encode("ascii"))])
        return super()._response(request, status, fields, body)

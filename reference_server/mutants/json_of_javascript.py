"""A parser that is too kind."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant("VAL-6", "NaN and trailing text are read", shows=r"\[malformed]: heartbeat: wanted 400; got 200")
class JsonOfJavascript(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if b":NaN" in request.body.replace(b" ", b""):
            self.reached()
            request.body = request.body.replace(b"NaN", b"null")
        return super()._handled(request, route, params, identity)

"""A body that is unwrapped."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-6",
    "an array of one object is taken for the object",
    shows=r"\[not_an_object]: heartbeat: wanted 400; got 200",
)
class AListOfOneWillDo(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        body = request.body.strip()
        if body.startswith(b"[{") and body.endswith(b"}]"):
            self.reached()
            request.body = body[1:-1]
        return super()._handled(request, route, params, identity)

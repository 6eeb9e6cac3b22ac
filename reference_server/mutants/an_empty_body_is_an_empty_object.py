"""Nothing, taken for something."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-6",
    "an empty leave is taken for `{}` and answered with success",
    shows=r"\[leaveRoom]: leaveRoom: wanted 400; got 200",
)
class AnEmptyBodyIsAnEmptyObject(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if route.name == "leaveRoom" and not request.body.strip():
            self.reached()
            return {"success": True, "message": "Left"}
        return super()._handled(request, route, params, identity)

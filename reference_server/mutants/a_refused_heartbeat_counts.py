"""An activity that is noted before anybody is asked for the CSRF word."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Call, Route


@mutant(
    "CSRF-5",
    "a heartbeat without X-CSRF-Token is done, and refused afterwards",
    shows=r"after a refused join and heartbeat: wanted \{\}; got .*lastActivity",
)
class ARefusedHeartbeatCounts(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        try:
            return super()._checked(request, route, params, bearer, identity)
        except Refusal as refusal:
            if refusal.status == 403 and route.name == "heartbeat" and identity is not None:
                self.reached()
                route.handler(Call(identity.user, parse_object(request.body), {}, {}))
            raise

"""A health that says fine."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "HEALTH-1",
    "health says `healthy`, which is no status",
    shows="got status: the value is not one of",
    also=["ENC-2"],
    why_also="its sealed answer is not valid either",
)
class HealthIsAWord(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        answer = super()._handled(request, route, params, identity)
        if route.name == "health":
            self.reached()
            answer["status"] = "healthy"
        return answer

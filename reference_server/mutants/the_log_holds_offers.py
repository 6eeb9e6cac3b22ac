"""A log that says too much."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "PRIV-7",
    "each offer is written into the log",
    shows="the target's log holds what stood in",
    untied="the log is searched when the run is over",
)
class TheLogHoldsOffers(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        answer = super()._handled(request, route, params, identity)
        if route.name == "sendOffer":
            self.reached()
            self._log.info("offer", body=request.body.decode("utf-8"))
        return answer

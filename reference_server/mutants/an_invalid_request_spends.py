"""A counter before the judge."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Invalid
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "RATE-14",
    "a request refused as invalid spends the budget",
    shows="an_invalid_request_spends_nothing: createRoom 1 of 5 .* got 429",
)
class AnInvalidRequestSpends(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        try:
            return super()._handled(request, route, params, identity)
        except Invalid:
            if route.name == "createRoom" and route.budget is not None and identity is not None:
                self.reached()
                self._checks.budgets.spend(route.name, self._key(request, route.budget, identity.user, ""))
            raise

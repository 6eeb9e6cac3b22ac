"""A guard that lets anybody through."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Route


@mutant("HEALTH-2", "health asks for credentials and takes bad ones", shows="health: wanted 401; got 200")
class HealthTakesBadCredentials(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if route.name == "health" and bearer is None and b"cookie" not in request.headers:
            raise Unauthorized("A token is needed.")
        found = await super()._identity(request, route, bearer)
        if route.name == "health" and found is None:
            self.reached()
        return found

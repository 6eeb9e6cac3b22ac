"""An operation left out of the guard."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-1",
    "leaveRoom asks for no token",
    also=["AUTH-12"],
    why_also="such a leave is one that is not signed in",
)
class LeavingNeedsNoToken(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if route.name == "leaveRoom" and bearer is None and b"cookie" not in request.headers:
            self.reached()
            return Identity("nobody", "", None, 0.0)
        return await super()._identity(request, route, bearer)

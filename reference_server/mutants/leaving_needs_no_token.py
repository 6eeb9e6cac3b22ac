"""An operation left out of the guard."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route

NOBODY = "nobody"


@mutant(
    "AUTH-1",
    "leaveRoom asks for no token",
    shows=r"\[leaveRoom]: leaveRoom: wanted 401; got 200",
    also=["AUTH-12"],
    why_also="such a leave is one that is not signed in",
)
class LeavingNeedsNoToken(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if route.name == "leaveRoom" and bearer is None and b"cookie" not in request.headers:
            self.reached()
            return Identity(NOBODY, "", None, 0.0)
        return await super()._identity(request, route, bearer)

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if identity is not None and identity.user == NOBODY:
            route = replace(route, guarded=False)
        return super()._checked(request, route, params, bearer, identity)

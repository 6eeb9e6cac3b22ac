"""A route that the guard was not put in front of."""

from __future__ import annotations

from dataclasses import replace

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route

NOBODY = Identity("nobody", "", None, 0.0, domain="parley.example")


@mutant(
    "EMO-6",
    "an upload needs no token",
    shows="no good token: wanted 401; got 200",
)
class AnybodyUploads(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        token = request.cookie(self._names.token_cookie) if bearer is None else bearer
        if route.name == "uploadEmoji" and token is None:
            self.reached()
            return NOBODY
        return await super()._identity(request, route, bearer)

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if identity is NOBODY:
            route = replace(route, guarded=False)
        return super()._checked(request, route, params, bearer, identity)

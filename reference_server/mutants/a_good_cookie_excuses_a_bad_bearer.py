"""Two chances to sign in."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-23",
    "a good cookie excuses a bad bearer",
    shows="a_good_cookie_does_not_excuse_a_bad_bearer: listRooms: wanted 401; got 200",
)
class AGoodCookieExcusesABadBearer(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Unauthorized:
            if bearer is None or request.cookie(self._names.token_cookie) is None:
                raise
            self.reached()
            return await super()._identity(request, route, None)

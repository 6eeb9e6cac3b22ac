"""The wrong one of two."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-23",
    "where both are sent the cookie counts",
    shows="a_bad_cookie_does_not_void_a_good_bearer: listRooms: wanted 200 .* got 401",
    also=["ENC-8"],
    why_also="a cookie that is none then refuses",
)
class TheCookieComesFirst(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if bearer is not None and request.cookie(self._names.token_cookie) is not None:
            self.reached()
            return await super()._identity(request, route, None)
        return await super()._identity(request, route, bearer)

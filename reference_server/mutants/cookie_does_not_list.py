"""A cookie parser that knows one cookie."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-10",
    "the cookie does not sign in for the listing",
    shows="a_cookie_works: listRooms: wanted 200 .* got 401",
    also=["ROOM-10", "ERR-3", "VAL-8", "VAL-9", "CSRF-6", "CORS-2", "ENC-6", "OTP-11"],
    why_also="they list rooms, signed in by cookie",
)
class CookieDoesNotList(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if bearer is None and route.name == "listRooms" and b"cookie" in request.headers:
            self.reached()
            raise Unauthorized("No bearer.")
        return await super()._identity(request, route, bearer)

"""A scheme that is spelt one way."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-22",
    "the scheme is `Bearer` to the letter",
    shows=r"the_scheme_is_case_insensitive\[\w+\]: listRooms: wanted 200 .* got 401",
)
class TheSchemeIsCaseSensitive(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if bearer is not None and not request.headers[b"authorization"].startswith(b"Bearer "):
            self.reached()
            raise Unauthorized("No bearer.")
        return await super()._identity(request, route, bearer)

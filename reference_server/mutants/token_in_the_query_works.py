"""A token where every log can see it."""

from __future__ import annotations

from urllib.parse import parse_qs

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-11", "a token in the query string works", shows=r"\[access_token]: listRooms: wanted 401; got 200"
)
class TokenInTheQueryWorks(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        found = parse_qs(request.query.decode("latin-1")).get("access_token")
        if bearer is None and found:
            self.reached()
            return await self._checks.auth.verify(found[0])
        return await super()._identity(request, route, bearer)

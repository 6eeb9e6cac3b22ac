"""A route that the guard was not put in front of."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "EMO-3",
    "an emoji is given without a token",
    shows="getEmoji without a token: wanted 401; got",
)
class EmojiAreGotByAnybody(Reaching, App):
    quick = False
    last: Identity | None = None

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        token = request.cookie(self._names.token_cookie) if bearer is None else bearer
        if route.name == "getEmoji" and token is None:
            self.reached()
            return self.last
        self.last = await super()._identity(request, route, bearer)
        return self.last

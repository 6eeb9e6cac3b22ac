"""The file is stored while it streams in, for whom the token names, and the token is looked at in the end."""

from __future__ import annotations

from protocol.tokens import TokenError, peek
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "EMO-6",
    "an upload that is refused is kept all the same",
    shows="the names listed after a refused upload: wanted nothing with",
)
class AnUploadIsKeptBeforeTheTokenIsChecked(Reaching, App):
    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Unauthorized:
            token = request.cookie(self._names.token_cookie) if bearer is None else bearer
            if route.name == "uploadEmoji" and token is not None:
                self._keep(request, route, token)
            raise

    def _keep(self, request: Request, route: Route, token: str) -> None:
        try:
            claims = peek(token)[1]
        except TokenError:
            return
        self.reached()
        unseen = Identity(str(claims.get("customerId")), token, None, 0.0, domain=str(claims.get("domain")))
        self._handled(request, route, {}, unseen)

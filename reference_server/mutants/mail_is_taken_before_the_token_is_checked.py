"""State that is changed before anybody is asked who they are."""

from __future__ import annotations

from contextlib import suppress

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Call, Route


@mutant(
    "AUTH-12",
    "a read without a token consumes the offer before it is refused",
    shows="an_unauthenticated_read_does_not_consume_the_offer: getOffer: wanted 200 .* got 404",
)
class MailIsTakenBeforeTheTokenIsChecked(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Refusal:
            if route.name == "getOffer":
                self.reached()
                _, params = self._checks.router.find(request.method, request.path)
                for reader in list(self._checks.auth._cache.values()):
                    with suppress(Refusal):
                        route.handler(Call(reader.user, {}, params, {}))
            raise

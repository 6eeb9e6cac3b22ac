"""State that changes before it is known who asks."""

from __future__ import annotations

from contextlib import suppress

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Call, Route


@mutant(
    "AUTH-12",
    "an offer without a good token is put into the box before it is refused",
    shows="an_unauthenticated_post_replaces_no_mail: offer of getOffer: wanted",
)
class OfferIsPostedBeforeTheTokenIsChecked(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Refusal:
            if route.name == "sendOffer":
                fields = parse_object(request.body)
                for known in list(self._checks.auth._cache.values()):
                    with suppress(Refusal):
                        route.handler(Call(known.user, fields, {}, {}))
                        self.reached()
                        break
            raise

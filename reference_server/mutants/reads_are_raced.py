"""Check, then act."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CONC-1",
    "the offer is read, and taken out a moment later",
    shows=r"reads_of_an_offer_one_gets_it: .* got \[200, 200",
)
class ReadsAreRaced(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if route.name != "getOffer":
            return super()._checked(request, route, params, bearer, identity)
        return self._later(request, route, params, bearer, identity)

    async def _later(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Response:
        seen = self._last.get(params["roomId"])
        reply = super()._checked(request, route, params, bearer, identity) if seen is None else seen
        made = reply if isinstance(reply, Response) else await reply
        if seen is None and made.status == 200:
            self._last[params["roomId"]] = made
            await asyncio.sleep(0.005)
            self._last.pop(params["roomId"], None)
        elif seen is not None:
            self.reached()
        return made

    _last: ClassVar[dict[str, Response]] = {}

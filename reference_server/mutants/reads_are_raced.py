"""Check, then act."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


class Raced(Reaching, App):
    """Reads of a box that come while one is being answered get the same."""

    read: ClassVar[str] = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._last: dict[str, Response] = {}

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if route.name != self.read:
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
        if seen is not None:
            self.reached()
            return seen
        try:
            reply = super()._checked(request, route, params, bearer, identity)
            made = reply if isinstance(reply, Response) else await reply
        except Exception as error:
            return self._refused(request, error)
        if made.status == 200:
            self._last[params["roomId"]] = made
            await asyncio.sleep(0.005)
            self._last.pop(params["roomId"], None)
        return made


@mutant(
    "CONC-1",
    "the offer is read, and taken out a moment later",
    shows="reads_of_an_offer_one_gets_it: .* reads at once of one offer",
    also=["CONC-5"],
    why_also="offers are read at once there too",
)
class ReadsAreRaced(Raced):
    read = "getOffer"

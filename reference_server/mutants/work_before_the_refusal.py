"""A listing that is made for nobody."""

from __future__ import annotations

import json

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Unauthorized
from reference_server.requests import Request
from reference_server.routes import Call, Route


@mutant(
    "AUTH-24",
    "the listing is made before the missing token is noticed",
    shows="the median time of a 401, in ms: wanted at most",
)
class WorkBeforeTheRefusal(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        try:
            return await super()._identity(request, route, bearer)
        except Unauthorized:
            if route.name == "listRooms":
                self.reached()
                for _ in range(100):
                    json.dumps(route.handler(Call("", {}, {}, {})))
            raise

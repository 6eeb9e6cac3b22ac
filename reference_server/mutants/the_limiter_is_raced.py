"""Check, then act."""

from __future__ import annotations

import asyncio

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "RATE-12",
    "the budget is checked first and spent later",
    shows=r"rooms granted of 20 asked for at once: wanted 1 to 5; got \d+",
)
class TheLimiterIsRaced(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if route.name != "createRoom" or route.budget is None or identity is None:
            return super()._checked(request, route, params, bearer, identity)
        return self._later(request, route, params, bearer, identity)

    async def _later(
        self, request: Request, route: Route, params: dict[str, str], bearer: str | None, identity: Identity
    ) -> Response:
        assert route.budget is not None
        key = self._key(request, route.budget, identity.user, "")
        try:
            self._checks.budgets.check(route.name, key)
            await asyncio.sleep(0.02)
            window = self._checks.budgets._windows[route.name].get(key)
            before = None if window is None else window.count
            if window is not None:
                self.reached()
                window.count = 0
            reply = super()._checked(request, route, params, bearer, identity)
            if window is not None and before is not None:
                window.count = before + 1
            return reply if isinstance(reply, Response) else await reply
        except Exception as error:
            return self._refused(request, error)

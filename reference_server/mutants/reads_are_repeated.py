"""At least once, where exactly once was promised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CONC-5",
    "a read is done twice before it is answered: mail sent meanwhile is thrown away",
    shows="mail sent and read at once: wanted an order of these",
)
class ReadsAreRepeated(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        first = super()._checked(request, route, params, bearer, identity)
        if route.name not in ("getOffer", "getAnswer"):
            return first

        def again() -> Reply:
            return super(ReadsAreRepeated, self)._checked(request, route, params, bearer, identity)

        return self._then(first, again)

    async def _then(self, first: Reply, again: Callable[[], Reply]) -> Response:
        """The first, once the second is done."""
        made = first if isinstance(first, Response) else await first
        await asyncio.sleep(0.01)
        try:
            second = again()
            _ = second if isinstance(second, Response) else await second
            self.reached()
        except Refusal:
            pass  # nothing was sent meanwhile
        return made

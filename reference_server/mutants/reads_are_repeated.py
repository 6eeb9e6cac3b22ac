"""At least once, where exactly once was promised."""

from __future__ import annotations

import asyncio

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant("CONC-5", "a read is done twice before it is answered: mail sent meanwhile is thrown away")
class ReadsAreRepeated(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if route.name not in ("getOffer", "getAnswer"):
            return super()._checked(request, route, params, bearer, identity)
        return self._twice(request, route, params, bearer, identity)

    async def _twice(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Response:
        try:
            first = await _made(super()._checked(request, route, params, bearer, identity))
            await asyncio.sleep(0.01)
            try:
                await _made(super()._checked(request, route, params, bearer, identity))
                self.reached()
            except Exception:
                pass  # there is nothing, mostly
            return first
        except Exception as error:
            return self._refused(request, error)


async def _made(reply: Reply) -> Response:
    return reply if isinstance(reply, Response) else await reply

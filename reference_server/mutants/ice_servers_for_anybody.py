"""Credentials for everybody."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "ICE-8",
    "ICE servers are handed out without a token",
    shows="getIceServers: wanted 401; got 200",
    also=["AUTH-1"],
    why_also="it is an operation without a token",
)
class IceServersForAnybody(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if route.name == "getIceServers" and bearer is None and b"cookie" not in request.headers:
            self.reached()
            return Identity("nobody", "", None, 0.0)
        return await super()._identity(request, route, bearer)

"""A server for browsers only."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "AUTH-9",
    "a bearer may read and not write",
    shows="createRoom: wanted 200 .* got 403 .*Not by bearer",
    also=["CSRF-4", "ENC-1"],
    why_also="they write by bearer too",
)
class BearerMayOnlyRead(Reaching, App):
    quick = False

    async def _identity(self, request: Request, route: Route, bearer: str | None) -> Identity | None:
        if bearer is not None and route.guarded:
            self.reached()
            raise Forbidden("Not by bearer.")
        return await super()._identity(request, route, bearer)

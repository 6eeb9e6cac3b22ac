"""A back door for debugging."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "ENC-8",
    "a client's debugging header turns encryption off",
    shows="the header X-Encrypted: wanted 'true'; got 'false'",
)
class AHeaderTurnsEncryptionOff(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if b"x-debug" in request.headers:
            self.reached()
            bearer = None if not route.guarded else bearer
        return super()._checked(request, route, params, bearer, identity)

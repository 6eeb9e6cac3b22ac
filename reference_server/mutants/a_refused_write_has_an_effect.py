"""A guard behind the door."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CSRF-5",
    "a write without X-CSRF-Token is done, and refused afterwards",
    shows=r"after a refused leave: wanted \{\}; got \{'participantCount'",
)
class ARefusedWriteHasAnEffect(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        try:
            return super()._checked(request, route, params, bearer, identity)
        except Forbidden:
            if route.guarded and bearer is None and self._names.csrf_header not in request.headers:
                self.reached()
                self._handled(request, route, params, identity)
            raise

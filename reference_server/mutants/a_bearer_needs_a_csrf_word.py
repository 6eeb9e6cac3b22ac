"""A guard for those who need none."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CSRF-4",
    "a bearer's write needs X-CSRF-Token too",
    shows=r"a_bearer_write_needs_no_header\[\w+\]: \w+: wanted 200 .* got 403 .*X-CSRF-Token",
    also=["AUTH-9", "ENC-1"],
    why_also="they write by bearer",
)
class ABearerNeedsACsrfWord(Reaching, App):
    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        if bearer is not None and route.guarded and identity is not None:
            self.reached()
            sent = request.headers.get(self._names.csrf_header)
            self._checks.csrf.check(identity, sent, foreign=False)
        return super()._checked(request, route, params, bearer, identity)

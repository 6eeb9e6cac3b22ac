"""A form on somebody's page."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CORS-8",
    "a simple request of a foreign page is not guarded",
    shows="a_foreign_simple_request_has_no_effect: offer of getOffer: wanted",
)
class AForeignSimpleRequestWrites(Reaching, App):
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
            if request.headers.get(b"content-type") != b"text/plain":
                raise
            self.reached()
            request.headers[b"content-type"] = b"application/json"
            self._handled(request, route, params, identity)
            raise

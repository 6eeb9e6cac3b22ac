"""A label that nobody reads."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-10",
    "the Content-Type is not looked at",
    shows=r"a_wrong_content_type_is_refused\[.*\]: createRoom: wanted 400 or 415; got 200",
)
class AnyContentTypeWillDo(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if not route.takes_form and request.headers.get(b"content-type") != b"application/json":
            self.reached()
            request.headers[b"content-type"] = b"application/json"
        return super()._handled(request, route, params, identity)

"""Text that is mended."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-7",
    "invalid UTF-8 is replaced and goes on",
    shows=r"invalid_utf8_is_refused\[.*\]: createRoom: wanted 400; got 200",
)
class BrokenTextIsMended(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        mended = request.body.decode("utf-8", "ignore").encode()
        if mended != request.body and not route.takes_form:
            self.reached()
            request.body = mended
        return super()._handled(request, route, params, identity)

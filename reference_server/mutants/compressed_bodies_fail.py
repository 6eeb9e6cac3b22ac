"""A reader that does not look at the label."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-19",
    "a compressed body is a server error",
    shows="a_compressed_body_is_decoded_or_refused: createRoom: wanted 200 or 400 to 499; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class CompressedBodiesFail(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if request.body[:2] == b"\x1f\x8b":
            self.reached()
            raise ValueError("gzip")
        return super()._handled(request, route, params, identity)

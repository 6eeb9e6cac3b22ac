"""A default nobody asked for."""

from __future__ import annotations

from protocol.operations import encode
from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Refusal
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-1",
    "a missing broadcasterName is made up",
    shows="createRoom without broadcasterName: wanted 400; got 200",
    also=["VAL-16", "ENC-5"],
    why_also="a room without a name is their invalid request",
)
class AMissingNameIsMadeUp(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if route.name == "createRoom":
            try:
                fields = parse_object(request.body)
            except Refusal:
                fields = {"broadcasterName": ""}
            if "broadcasterName" not in fields:
                self.reached()
                request.body = encode({**fields, "broadcasterName": "Nobody"})
        return super()._handled(request, route, params, identity)

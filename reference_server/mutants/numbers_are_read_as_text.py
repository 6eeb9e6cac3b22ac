"""A type that is made to fit."""

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
    "VAL-2",
    "a number is taken for the text of it",
    shows="createRoom with a bad customName: wanted 400; got 200",
)
class NumbersAreReadAsText(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        try:
            fields = parse_object(request.body) if route.takes_body else {}
        except Refusal:
            fields = {}
        numbers = {name: str(value) for name, value in fields.items() if type(value) is int}
        if numbers:
            self.reached()
            request.body = encode({**fields, **numbers})
        return super()._handled(request, route, params, identity)

"""A parser that falls down its own stack."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-8",
    "deeply nested JSON is a server error",
    shows=r"deeply_nested_json_is_refused\[\w+\]: createRoom: wanted 400 to 499; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class DeepNestingFails(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if request.body.count(b"[") > 5000 or request.body.count(b"{") > 5000:
            self.reached()
            raise RecursionError
        return super()._handled(request, route, params, identity)

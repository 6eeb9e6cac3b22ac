"""A candidate that is none."""

from __future__ import annotations

from protocol.operations import encode
from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Invalid
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "ICE-7",
    "any text is taken for a candidate",
    shows=r"what_is_no_candidate_line_is_refused\['parley'\]: sendCandidate: wanted 400; got 200",
)
class AnyTextIsACandidate(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        try:
            return super()._handled(request, route, params, identity)
        except Invalid:
            if route.name != "sendCandidate":
                raise
            fields = parse_object(request.body)
            item = fields.get("candidate")
            if not isinstance(item, dict) or not isinstance(item.get("candidate"), str):
                raise
            self.reached()
            item["candidate"] = ""
            request.body = encode(fields)
            return super()._handled(request, route, params, identity)

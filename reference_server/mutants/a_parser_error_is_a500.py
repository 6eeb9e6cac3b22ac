"""A parser whose complaint nobody catches."""

from __future__ import annotations

import json

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Invalid
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-6",
    "malformed JSON is a server error",
    shows=r"a_body_that_is_no_object_is_refused\[\w+\]: \w+: wanted 400; got 500",
    also=["ERR-3", "ERR-5", "VAL-15", "VAL-19"],
    why_also="their bodies are ones that the parser does not like either",
)
class AParserErrorIsA500(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        try:
            return super()._handled(request, route, params, identity)
        except Invalid as refusal:
            if "JSON" not in refusal.message:
                raise
            self.reached()
            raise json.JSONDecodeError("Expecting value", "", 0) from None

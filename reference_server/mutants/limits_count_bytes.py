"""Letters that weigh more."""

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
    "VAL-18",
    "limits count bytes",
    shows=r"limits_count_characters\[.*\]: send\w+: wanted 200 .* got 400 .*too long",
    also=["VAL-6", "VAL-7", "ERR-3"],
    why_also="its own reading of the body fails where that is malformed",
)
class LimitsCountBytes(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        fields = (
            json.loads(request.body) if route.name in ("sendOffer", "sendAnswer") and request.body else {}
        )
        text = fields.get("offer", fields.get("answer", "")) if isinstance(fields, dict) else ""
        if isinstance(text, str) and len(text.encode("utf-8", "replace")) > 50_000 >= len(text):
            self.reached()
            raise Invalid("offer: too long", field="offer")
        return super()._handled(request, route, params, identity)

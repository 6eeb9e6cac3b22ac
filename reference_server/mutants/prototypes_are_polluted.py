"""Objects with a common ancestor."""

from __future__ import annotations

import json
from typing import ClassVar

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-14",
    "`__proto__` of a body sets fields for all rooms to come",
    shows=r"the answer: wanted nothing with 'Parley mk\w+' in it",
    also=["PRIV-7"],
    why_also="what was sent in one room is shown in all that come later",
)
class PrototypesArePolluted(Reaching, App):
    polluted: ClassVar[dict[str, str]] = {}

    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        answer = super()._handled(request, route, params, identity)
        if route.name == "createRoom":
            proto = json.loads(request.body).get("__proto__")
            if isinstance(proto, dict) and isinstance(proto.get("customName"), str):
                self.reached()
                self.polluted.update(customName=proto["customName"])
            answer["room"] = {**self.polluted, **answer["room"]}
        return answer

"""Two readers of one body."""

from __future__ import annotations

import json
from typing import Any

from protocol.spec import Json
from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "VAL-15",
    "of two keys the first is checked and the last is used",
    shows=r"room.broadcasterName of createRoom: wanted 'Alice \w+'; got '<b>parley</b>'",
)
class TheLastKeyIsUsedTheFirstIsChecked(Reaching, App):
    def _handled(
        self, request: Request, route: Route, params: dict[str, str], identity: Identity | None
    ) -> Json:
        if route.name != "createRoom" or request.body.count(b'"broadcasterName"') < 2:
            return super()._handled(request, route, params, identity)
        self.reached()
        pairs: list[tuple[str, Any]] = json.loads(request.body, object_pairs_hook=list)
        request.body = json.dumps(dict(reversed(pairs))).encode()
        answer = super()._handled(request, route, params, identity)
        answer["room"]["broadcasterName"] = dict(pairs)["broadcasterName"]
        return answer

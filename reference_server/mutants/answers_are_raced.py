"""Check, then act."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from reference_server.app import App, Reply, Response
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Route


@mutant(
    "CONC-1",
    "the answer is read, and taken out a moment later",
    shows=r"reads_of_an_answer_one_gets_it: .* got \[200, 200",
)
class AnswersAreRaced(Reaching, App):
    _last: ClassVar[dict[str, Response]] = {}

    def _checked(
        self,
        request: Request,
        route: Route,
        params: dict[str, str],
        bearer: str | None,
        identity: Identity | None,
    ) -> Reply:
        reply = None if route.name != "getAnswer" else self._last.get(params["roomId"])
        if reply is not None:
            self.reached()
            return reply
        made = super()._checked(request, route, params, bearer, identity)
        if route.name == "getAnswer" and isinstance(made, Response) and made.status == 200:
            self._last[params["roomId"]] = made
            asyncio.get_running_loop().call_later(0.005, self._last.pop, params["roomId"], None)
        return made

"""A counter before the guard."""

from __future__ import annotations

import json

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "RATE-11",
    "a request without a token spends the budget of the user in its body",
    shows="unauthenticated_requests_spend_nothing: createRoom 1 of 5 .* got 429",
)
class NobodySpendsAUsersBudget(Reaching, App):
    def respond(self, request: Request) -> Reply:
        bare = request.bearer() is None and b"cookie" not in request.headers
        if bare and request.path.endswith("/create-room") and request.method == "POST":
            user = json.loads(request.body).get("broadcasterId")
            counted = self._checks.router.find("POST", request.path)[0].budget
            if isinstance(user, str) and counted is not None:
                self.reached()
                self._checks.budgets.spend("createRoom", self._key(request, counted, user, ""))
        return super().respond(request)

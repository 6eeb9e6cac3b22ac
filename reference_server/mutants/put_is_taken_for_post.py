"""A route that does not look at the method."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant("ERR-2", "PUT is taken for POST", shows=r"PUT on the path of \w+: wanted 404 or 405; got 200")
class PutIsTakenForPost(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if request.method == "PUT":
            self.reached()
            request.method = "POST"
        return super().respond(request)

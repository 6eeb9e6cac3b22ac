"""A fault that shows under an unlucky header."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "ERR-3",
    "a Range header makes a server error",
    shows=r"odd_headers_and_queries_make_no_server_error\[\w+\]: \w+: wanted a status below 500; got 500",
)
class ARangeMakesAServerError(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if b"range" in request.headers:
            self.reached()
            return self._refused(request, ValueError("range"))
        return super().respond(request)

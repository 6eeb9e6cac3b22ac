"""A reader without an end."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "VAL-9",
    "a body of the limit and more is answered with 500",
    shows="createRoom with a body of 1048576 bytes: wanted 400 or 413; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class HugeBodiesAreRead(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if request.too_large:
            self.reached()
            return self._refused(request, MemoryError())
        return super().respond(request)

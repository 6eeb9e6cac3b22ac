"""A string of another language."""

from __future__ import annotations

from reference_server.app import App, Reply
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant("VAL-13", "an id ends at a NUL", shows="with NUL: wanted 400 to 499; got 200")
class NulEndsAnId(Reaching, App):
    def respond(self, request: Request) -> Reply:
        if "%00" in request.path and request.method == "GET":
            self.reached()
            return super()._response(request, 200, self._plain_fields, b"{}")
        return super().respond(request)

"""The address is counted as it is written."""

from __future__ import annotations

from typing import Any

from reference_server.app import App
from reference_server.bodies import parse_object
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Counted


@mutant(
    "OTP-7",
    "the same address in capital letters has a budget of its own",
    shows="requestOtp for the same domain: wanted 429; got 200",
)
class CodesAreCountedByCase(Reaching, App):
    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Any:
        if counted.named == "email":
            written = parse_object(request.body)["email"]
            if written != room:
                self.reached()
            room = written
        return super()._key(request, counted, user, room)

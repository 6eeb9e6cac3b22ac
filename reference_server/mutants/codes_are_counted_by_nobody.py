"""One counter for all who ask."""

from __future__ import annotations

from typing import Any

from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Counted


@mutant(
    "OTP-7",
    "codes are counted by the address of the client",
    shows="got 429",
)
class CodesAreCountedByNobody(Reaching, App):
    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Any:
        if counted.named == "email":
            self.reached()
            room = request.peer
        return super()._key(request, counted, user, room)

"""A write that nobody guards, since it gives nothing away."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "OTP-10",
    "a logout by cookie needs no X-CSRF-Token",
    shows="logout by cookie without the word for CSRF: wanted 403; got 200",
)
class LogoutNeedsNoCsrfWord(Reaching, App):
    def _guard(self, request: Request, identity: Identity) -> None:
        if self.operation(request) == "logout":
            self.reached()
            return
        super()._guard(request, identity)

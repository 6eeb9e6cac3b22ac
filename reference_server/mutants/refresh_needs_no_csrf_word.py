"""A write that nobody guards, since it gives nothing away."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "OTP-9",
    "a refresh needs no X-CSRF-Token",
    shows="refresh without the word for CSRF: wanted 403; got 200",
)
class RefreshNeedsNoCsrfWord(Reaching, App):
    def _guard(self, request: Request, identity: Identity) -> None:
        if self.operation(request) == "refresh":
            self.reached()
            return
        super()._guard(request, identity)

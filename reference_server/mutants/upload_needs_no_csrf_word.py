"""A form that any page can send."""

from __future__ import annotations

from reference_server.app import App
from reference_server.auth import Identity
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request


@mutant(
    "CSRF-1",
    "an upload by cookie needs no X-CSRF-Token",
    shows="an_upload_by_cookie_needs_the_header.*uploadEmoji: wanted 403; got 200",
)
class UploadNeedsNoCsrfWord(Reaching, App):
    def _guard(self, request: Request, identity: Identity) -> None:
        if self.operation(request) == "uploadEmoji":
            self.reached()
            return
        super()._guard(request, identity)

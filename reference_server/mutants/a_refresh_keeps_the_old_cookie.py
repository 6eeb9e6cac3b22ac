"""The new token is in the body, and that is all."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-2",
    "a refresh sets no cookie for the token",
    shows="whether auth_token is set: wanted True; got False",
)
class ARefreshKeepsTheOldCookie(Reaching, LoginHandlers):
    def refresh(self, call: Call) -> Json:
        self.reached()
        body = super().refresh(call)
        name = f"{self._token_cookie}=".encode()
        call.headers[:] = [header for header in call.headers if not header[1].startswith(name)]
        return body

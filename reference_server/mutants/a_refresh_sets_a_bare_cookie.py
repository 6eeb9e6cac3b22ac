"""Written a second time, in a hurry."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "OTP-2",
    "a refresh sets the cookie without HttpOnly, Secure and SameSite",
    shows="the attributes of auth_token: wanted something with .httponly",
)
class ARefreshSetsABareCookie(Reaching, LoginHandlers):
    def refresh(self, call: Call) -> Json:
        self.reached()
        body = super().refresh(call)
        name = f"{self._token_cookie}=".encode()
        call.headers[:] = [
            (key, field.split(b";")[0] + b"; Path=/" if field.startswith(name) else field)
            for key, field in call.headers
        ]
        return body

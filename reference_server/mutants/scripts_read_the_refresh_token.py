"""One cookie function for the one, another for the other."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the refresh cookie is not HttpOnly",
    shows="the attributes of refresh_token: wanted something with .httponly",
)
class ScriptsReadTheRefreshToken(Reaching, LoginHandlers):
    def refresh_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().refresh_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"; HttpOnly", b"")

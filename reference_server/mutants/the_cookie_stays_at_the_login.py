"""The path is that of the login."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the cookie never reaches signaling",
    shows="reaches signaling: wanted True; got False",
)
class TheCookieStaysAtTheLogin(Reaching, LoginHandlers):
    def token_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().token_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"Path=/", b"Path=/auth")

"""The refresh cookie is sent with every request."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the refresh cookie is for every path",
    shows="Path of refresh_token: wanted",
)
class TheRefreshTokenGoesEverywhere(Reaching, LoginHandlers):
    def refresh_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().refresh_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"Path=/auth/refresh", b"Path=/")

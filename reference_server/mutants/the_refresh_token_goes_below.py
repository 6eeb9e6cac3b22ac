"""A slash at the end of the path: the cookie goes to what is below it, and never to refresh itself."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the refresh cookie is for what is below the path of refresh",
    shows="Path of refresh_token: wanted '/auth/refresh'; got '/auth/refresh/'",
)
class TheRefreshTokenGoesBelow(Reaching, LoginHandlers):
    def refresh_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().refresh_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"Path=/auth/refresh", b"Path=/auth/refresh/")

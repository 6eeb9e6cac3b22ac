"""The refresh cookie is set like the other."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the refresh cookie is SameSite=Lax",
    shows="SameSite of refresh_token: wanted .strict.; got .lax",
)
class LinksSendTheRefreshToken(Reaching, LoginHandlers):
    def refresh_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().refresh_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"Strict", b"Lax")

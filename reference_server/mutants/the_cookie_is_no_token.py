"""The name of the session, which nobody looks up."""

from __future__ import annotations

import secrets

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-11",
    "the cookie of a login does not hold the token",
    shows="listRooms by the cookie that verifyOtp set: wanted 200 .* got 401",
)
class TheCookieIsNoToken(Reaching, LoginHandlers):
    def cookies(self, token: str, lifetime_s: int, refresh: str) -> list[Header]:
        self.reached()
        return super().cookies(secrets.token_hex(16), lifetime_s, refresh)

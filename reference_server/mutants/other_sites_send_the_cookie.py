"""Set for an embedded widget, which is to use the bearer."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "the cookie is SameSite=None",
    shows="SameSite of auth_token: wanted .* got .none",
)
class OtherSitesSendTheCookie(Reaching, LoginHandlers):
    def token_cookie(self, value: str, age_s: int) -> Header:
        name, field = super().token_cookie(value, age_s)
        if value:
            self.reached()
        return name, field.replace(b"Lax", b"None")

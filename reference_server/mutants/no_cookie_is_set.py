"""The token is in the body, and that is all."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-2",
    "a login sets no cookie",
    shows="whether auth_token is set: wanted True; got False",
)
class NoCookieIsSet(Reaching, LoginHandlers):
    def cookies(self, token: str, lifetime_s: int, refresh: str) -> list[Header]:
        self.reached()
        return [self.refresh_cookie(refresh, self._session_s)]

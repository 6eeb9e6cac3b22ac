"""The server forgets and the browser does not."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-10",
    "a logout does not clear the cookie",
    shows="whether logout sets auth_token anew: wanted True; got False",
)
class ALogoutKeepsTheCookie(Reaching, LoginHandlers):
    def cleared(self) -> list[Header]:
        self.reached()
        return super().cleared()[1:]

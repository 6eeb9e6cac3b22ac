"""Cleared by the very value that it has."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-10",
    "logout sets the cookie again as it was",
    shows="whether auth_token is emptied or ended: wanted True; got False",
)
class TheClearedCookieLivesOn(Reaching, LoginHandlers):
    def cleared(self) -> list[Header]:
        self.reached()
        return [self.token_cookie("signed-out", 60), self.refresh_cookie("", 0)]

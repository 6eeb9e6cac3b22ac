"""Whoever logs in starts again."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.otp import normal
from reference_server.routes import Call


@mutant(
    "OTP-7",
    "a login forgets how many codes were asked for",
    shows="beyond the budget, after a login: wanted 429; got 200",
    also=["OTP-1"],
    why_also="known addresses have asked less often than others there",
)
class ALoginRenewsTheBudget(Reaching, LoginHandlers):
    def verify(self, call: Call) -> Json:
        answer = super().verify(call)
        self.reached()
        self._budgets._windows["requestOtp"].pop(normal(call.fields["email"]), None)
        return answer

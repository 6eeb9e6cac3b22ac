"""A lifetime with a generous reserve."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-4",
    "codes live half a minute longer than they may",
    shows="a_code_is_gone_after_its_lifetime: verifyOtp: wanted 401; got 200",
)
class CodesLiveLonger(Reaching, Codes):
    reserve_ms = 30_000

    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        if known is not None and known.ends <= self._clock.now_ms() < known.ends + self.reserve_ms:
            self.reached()
            known.ends += self.reserve_ms
        return super().use(email, code)

"""Expiry is left to a clean-up that never comes."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-4",
    "codes do not expire",
    shows="a_code_is_gone_after_its_lifetime: verifyOtp: wanted 401; got 200",
)
class CodesNeverEnd(Reaching, Codes):
    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        if known is not None and self._clock.now_ms() >= known.ends:
            self.reached()
            known.ends = self._clock.now_ms() + self._lifetime_ms
        return super().use(email, code)

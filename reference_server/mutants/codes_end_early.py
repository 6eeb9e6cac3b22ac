"""A lifetime that is cut short."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-2",
    "codes end a minute before their lifetime does",
    shows="good_until_its_lifetime_ends: verifyOtp: wanted 200 .* got 401",
)
class CodesEndEarly(Reaching, Codes):
    early_ms = 60_000

    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        if known is not None and known.ends - self.early_ms <= self._clock.now_ms() < known.ends:
            self.reached()
            del self._codes[email]
        return super().use(email, code)

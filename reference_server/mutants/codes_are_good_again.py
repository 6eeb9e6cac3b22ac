"""A code that is looked up and left where it is."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-3",
    "a used code logs in again",
    shows="a_code_is_good_once: verifyOtp: wanted 401; got 200",
)
class CodesAreGoodAgain(Reaching, Codes):
    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        good = super().use(email, code)
        if good and known is not None:
            self.reached()
            self._codes[email] = known
        return good

"""The try that is one too many is one too few."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-5",
    "one wrong try less than the policy allows kills the code",
    shows="the right code after all wrong tries but one: wanted 200 .* got 401",
)
class FourWrongTriesKill(Reaching, Codes):
    def use(self, email: str, code: str) -> bool:
        good = super().use(email, code)
        known = self._codes.get(email)
        if known is not None and known.wrong == self._wrong_tries - 1:
            self.reached()
            del self._codes[email]
        return good

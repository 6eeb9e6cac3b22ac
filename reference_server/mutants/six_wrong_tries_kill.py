"""Counted after the comparison with the limit."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-5",
    "one wrong try more than the policy allows is needed to kill the code",
    shows="the right code after the last wrong try: wanted 401; got 200",
)
class SixWrongTriesKill(Reaching, Codes):
    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        good = super().use(email, code)
        if known is not None and not good and email not in self._codes and known.wrong == self._wrong_tries:
            self.reached()
            self._codes[email] = known
        return good

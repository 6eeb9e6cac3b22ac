"""Nobody counts who guesses."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-5",
    "wrong tries are not counted",
    shows="the right code after the last wrong try: wanted 401; got 200",
)
class WrongTriesAreNotCounted(Reaching, Codes):
    def use(self, email: str, code: str) -> bool:
        good = super().use(email, code)
        known = self._codes.get(email)
        if known is not None and not good:
            known.wrong = 0
            self.reached()
        return good

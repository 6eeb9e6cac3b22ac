"""A code is made once and sent as often as it is asked for."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-6",
    "the older code is sent again, with a fresh lifetime",
    shows="whether the newer code is the older one again: wanted False; got True",
)
class TheSameCodeIsSentAgain(Reaching, Codes):
    def make(self, email: str) -> str:
        fresh = super().make(email)
        self._sent: dict[str, str] = getattr(self, "_sent", {})
        code = self._sent.setdefault(email, fresh)
        if code != fresh:
            self.reached()
            self._codes[email].digest = self._digest(email, code)
        return code

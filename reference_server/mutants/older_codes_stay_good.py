"""Each request inserts a row, and any of them will do."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.otp import Codes


@mutant(
    "OTP-6",
    "an older code still logs in after a newer one",
    shows="the older code: wanted 401; got 200",
)
class OlderCodesStayGood(Reaching, Codes):
    def make(self, email: str) -> str:
        older = self._codes.get(email)
        code = super().make(email)
        self._older: dict[str, bytes] = getattr(self, "_older", {})
        if older is not None:
            self._older[email] = older.digest
        return code

    def use(self, email: str, code: str) -> bool:
        known = self._codes.get(email)
        if known is not None and self._digest(email, code) == getattr(self, "_older", {}).get(email):
            self.reached()
            return True
        return super().use(email, code)

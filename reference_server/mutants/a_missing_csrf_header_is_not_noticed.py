"""A guard that is not there."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant


@mutant(
    "CSRF-1",
    "a missing CSRF header is not noticed",
    shows=r"without_the_header_is_refused\[heartbeat]: heartbeat: wanted 403; got 200",
    also=["CSRF-5", "OTP-9", "OTP-10"],
    why_also="what is not refused has an effect, also where a session is renewed or ended",
)
class AMissingCsrfHeaderIsNotNoticed(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        if sent is None and not foreign:
            self.reached()
            return
        super().check(identity, sent, foreign=foreign)

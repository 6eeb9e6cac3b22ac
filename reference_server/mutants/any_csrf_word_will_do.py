"""A header that need only be there."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant


@mutant(
    "CSRF-2",
    "any CSRF word will do",
    shows=r"with_a_wrong_header_is_refused\[heartbeat]: heartbeat: wanted 403; got 200",
    also=["OTP-9"],
    why_also="a session is renewed with a wrong word too",
)
class AnyCsrfWordWillDo(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        if sent is not None and identity.csrf is not None and sent != identity.csrf.encode():
            self.reached()
            sent = identity.csrf.encode()
        super().check(identity, sent, foreign=foreign)

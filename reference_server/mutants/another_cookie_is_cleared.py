"""Cleared under another path than it was set for, and so it stays."""

from __future__ import annotations

from reference_server.login import LoginHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Header


@mutant(
    "OTP-10",
    "the cookie is cleared for another path",
    shows="path and domain of the cleared auth_token, .*: wanted",
)
class AnotherCookieIsCleared(Reaching, LoginHandlers):
    def cleared(self) -> list[Header]:
        self.reached()
        return [(name, field.replace(b"Path=/;", b"Path=/auth;")) for name, field in super().cleared()]

"""A preflight that forgot the CSRF header."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-1",
    "a preflight does not allow X-CSRF-Token",
    shows="the headers allowed: wanted something with 'x-csrf-token' in it",
)
class APreflightForgetsAHeader(Reaching, Cors):
    def preflight(self, origin: bytes | None) -> bytes:
        self.reached()
        return super().preflight(origin).replace(b", X-CSRF-Token", b"")

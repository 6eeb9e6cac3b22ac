"""A waiting time that no script can read."""

from __future__ import annotations

from reference_server.cors import Cors
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-9",
    "Retry-After is not exposed to scripts",
    shows="the headers exposed to scripts: wanted something with 'retry-after' in it",
)
class RetryAfterIsNotExposed(Reaching, Cors):
    def fields(self, origin: bytes | None) -> bytes:
        made = super().fields(origin)
        if b"Retry-After" in made:
            self.reached()
        return made.replace(b"Retry-After, ", b"")

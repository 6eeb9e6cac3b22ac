"""A guard that trusts the word alone."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant


@mutant(
    "CORS-8",
    "a foreign page may write with a valid CSRF word",
    shows=r"what changed in the room after a foreign page's leave: wanted \{\}; got \{'participantCount'",
)
class ForeignOriginsMayWrite(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        if foreign:
            self.reached()
        super().check(identity, sent, foreign=False)

"""A comparison that stops early."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant


@mutant(
    "CSRF-2",
    "a CSRF word that starts like the right one will do",
    shows="an_empty_or_shortened_header_is_refused: heartbeat: wanted 403; got 200",
)
class CsrfByPrefix(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        word = (identity.csrf or "").encode()
        if sent is not None and sent != word and (word.startswith(sent) or sent.startswith(word)):
            self.reached()
            sent = word
        super().check(identity, sent, foreign=foreign)

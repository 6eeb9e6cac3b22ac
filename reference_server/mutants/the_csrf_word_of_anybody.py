"""A word that any user may lend."""

from __future__ import annotations

from typing import Any

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant


@mutant(
    "CSRF-2",
    "the CSRF word of any user will do",
    shows="another_users_csrf_claim_is_refused: heartbeat: wanted 403; got 200",
)
class TheCsrfWordOfAnybody(Reaching, Csrf):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._seen: set[bytes] = set()

    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        word = (identity.csrf or "").encode()
        self._seen.add(word)
        if sent is not None and sent != word and sent in self._seen:
            self.reached()
            sent = word
        super().check(identity, sent, foreign=foreign)

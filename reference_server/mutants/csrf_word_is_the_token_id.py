"""A word from the wrong claim."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden


@mutant(
    "CSRF-3",
    "the CSRF word is compared with something that is not the token's csrf claim",
    shows=r"the_tokens_own_claim_is_accepted\[\w+\]: \w+: wanted 200 .* got 403 .*Not this word",
)
class CsrfWordIsTheTokenId(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        super().check(identity, sent, foreign=foreign)
        self.reached()
        raise Forbidden("Not this word.")

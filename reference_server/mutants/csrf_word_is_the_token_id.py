"""A word from the wrong claim."""

from __future__ import annotations

from reference_server.auth import Identity
from reference_server.csrf import Csrf
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden


@mutant(
    "CSRF-3",
    "the CSRF word is compared with something else than the token's csrf claim, so none is right",
    shows=r"the_tokens_own_claim_is_accepted\[\w+\]: \w+: wanted 200 .* got 403 .*Not this word",
    also=[
        "ROOM-1",
        "ROOM-3",
        "AUTH-10",
        "VAL-1",
        "VAL-2",
        "VAL-3",
        "VAL-4",
        "VAL-5",
        "VAL-6",
        "VAL-10",
        "VAL-11",
        "VAL-12",
        "VAL-14",
        "VAL-15",
        "VAL-16",
        "VAL-18",
        "RATE-1",
        "RATE-2",
        "RATE-11",
        "RATE-12",
        "PARTY-1",
        "EMO-1",
        "EMO-2",
        "EMO-4",
        "EMO-5",
        "OTP-9",
        "OTP-10",
        "OTP-11",
    ],
    why_also="they write by cookie, and no write by cookie is let in",
)
class CsrfWordIsTheTokenId(Reaching, Csrf):
    def check(self, identity: Identity, sent: bytes | None, *, foreign: bool) -> None:
        super().check(identity, sent, foreign=foreign)
        self.reached()
        raise Forbidden("Not this word.")

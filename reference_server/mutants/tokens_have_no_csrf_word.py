"""A claim that only cookies need."""

from __future__ import annotations

from typing import Any

from protocol.tokens import ABSENT
from reference_server.minting import Mint
from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session


@mutant(
    "OTP-11",
    "the minted token has no csrf claim",
    shows="the csrf claim of the minted token: wanted",
    also=["OTP-9", "OTP-10"],
    why_also="they write by cookie with the csrf claim",
)
class TokensHaveNoCsrfWord(Reaching, Mint):
    def own_claims(self, session: Session, user: str) -> dict[str, Any]:
        self.reached()
        return {**super().own_claims(session, user), "csrf": ABSENT}

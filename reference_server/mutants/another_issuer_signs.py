"""Two services, two settings."""

from __future__ import annotations

from typing import Any

from reference_server.minting import Mint
from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session


@mutant(
    "OTP-11",
    "the minted token is of another issuer than signaling believes",
    shows="listRooms by the minted bearer: wanted 200 .* got 401",
    also=["OTP-10"],
    why_also="its logout is refused too",
)
class AnotherIssuerSigns(Reaching, Mint):
    def own_claims(self, session: Session, user: str) -> dict[str, Any]:
        self.reached()
        return {**super().own_claims(session, user), "iss": "https://login.parley.example"}

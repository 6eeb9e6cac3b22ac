"""One name of the user is enough, and it is another one."""

from __future__ import annotations

from typing import Any

from protocol.tokens import ABSENT
from reference_server.minting import Mint
from reference_server.mutants import Reaching, mutant
from reference_server.sessions import Session


@mutant(
    "OTP-11",
    "the minted token names its user in `sub` only",
    shows="listRooms by the minted bearer: wanted 200 .* got 401",
    also=["OTP-10"],
    why_also="its logout is refused too",
)
class TheUserIsInSubOnly(Reaching, Mint):
    def own_claims(self, session: Session, user: str) -> dict[str, Any]:
        self.reached()
        return {**super().own_claims(session, user), "customerId": ABSENT}

"""A payload that is believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, peek
from reference_server.auth import Authenticator, BadToken
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-3",
    "the payload is read and the signature is never verified",
    shows="a_token_whose_claims_were_changed_is_refused: listRooms: wanted 401; got 200",
    also=["AUTH-4", "AUTH-5", "AUTH-12", "AUTH-17", "AUTH-20", "AUTH-21", "AUTH-23", "ENC-5", "EMO-6"],
    why_also="whatever is wrong with header or signature is not seen",
)
class PayloadIsReadWithoutVerifying(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            claims = peek(token)[1]
        except TokenError:
            raise BadToken from None
        self.reached()
        return claims

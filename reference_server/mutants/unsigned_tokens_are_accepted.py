"""The oldest fault of them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, peek
from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-4",
    "`alg: none` is accepted",
    shows=r"an_unsigned_token_is_refused\[\w+\]: listRooms: wanted 401; got 200",
    also=["AUTH-20"],
    why_also="`none` is one of the algorithms it claims",
)
class UnsignedTokensAreAccepted(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, claims = peek(token)
        except TokenError:
            header, claims = {}, {}
        if str(header.get("alg")).lower() == "none":
            self.reached()
            return claims
        return await super()._verified_claims(token)

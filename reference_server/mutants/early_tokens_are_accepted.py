"""A verifier that does not know nbf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-7",
    "nbf is not looked at",
    shows="a_token_that_is_not_yet_valid_is_refused: listRooms: wanted 401; got 200",
)
class EarlyTokensAreAccepted(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        claims = await super()._verified_claims(token)
        if "nbf" in claims:
            self.reached()
        return {name: value for name, value in claims.items() if name != "nbf"}

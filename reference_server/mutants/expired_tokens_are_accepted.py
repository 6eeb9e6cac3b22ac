"""A verifier that looks at the signature only."""

from __future__ import annotations

import time

from reference_server.auth import Authenticator, Identity
from reference_server.mutants import Reaching, mutant


@mutant("AUTH-2", "exp is not looked at", shows="an_expired_token_is_refused: listRooms: wanted 401; got 200")
class ExpiredTokensAreAccepted(Reaching, Authenticator):
    async def verify(self, token: str) -> Identity:
        claims = await self._verified_claims(token)
        exp = claims.get("exp")
        if isinstance(exp, int) and not isinstance(exp, bool) and exp < time.time() and "nbf" not in claims:
            self.reached()
            self._check_parties(claims)
            return Identity(self._user(claims), token, str(claims.get("csrf")), time.time() + 60)
        return await super().verify(token)

"""A tolerance that is too wide."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant

LEEWAY_S = 600


@mutant(
    "AUTH-2",
    "an expired token is good for ten minutes more",
    shows="an_expired_token_is_refused: listRooms: wanted 401; got 200",
)
class ExpHasTenMinutesOfLeeway(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        claims = await super()._verified_claims(token)
        exp = claims.get("exp")
        now = time.time()
        if isinstance(exp, int) and not isinstance(exp, bool) and exp < now < exp + LEEWAY_S:
            self.reached()
            return {**claims, "exp": int(now) + 1}
        return claims

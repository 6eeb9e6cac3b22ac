"""A tolerance that is too wide."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant

LEEWAY_S = 600


@mutant(
    "AUTH-7",
    "a token is good ten minutes before its nbf",
    shows="a_token_that_is_not_yet_valid_is_refused: listRooms: wanted 401; got 200",
)
class NbfHasTenMinutesOfLeeway(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        claims = await super()._verified_claims(token)
        nbf = claims.get("nbf")
        now = time.time()
        if isinstance(nbf, int) and not isinstance(nbf, bool) and nbf - LEEWAY_S < now < nbf:
            self.reached()
            return {**claims, "nbf": int(now) - 1}
        return claims

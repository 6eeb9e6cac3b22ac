"""A token for ever."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant("AUTH-18", "a token without exp is good for ever", shows=r"\[no exp]: listRooms: wanted 401; got 200")
class TokensWithoutAnEnd(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        claims = await super()._verified_claims(token)
        if "exp" not in claims:
            self.reached()
            return {**claims, "exp": time.time() + 3600}
        return claims

"""A number by any other name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-18",
    "an exp given as text is read as a number",
    shows=r"\[a number as text]: listRooms: wanted 401; got 200",
)
class ExpAsText(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        claims = await super()._verified_claims(token)
        exp = claims.get("exp")
        if isinstance(exp, str) and exp.isdigit():
            self.reached()
            return {**claims, "exp": int(exp)}
        return claims

"""An issuer that must always be there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, peek
from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-17",
    "with the issuer out of reach an unknown key makes a server error",
    shows="listRooms: wanted 401 or 503; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class AnOutageIsAServerError(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            kid = peek(token)[0].get("kid")
        except TokenError:
            kid = None
        source = self._source
        if source is not None and isinstance(kid, str) and kid not in source._keys:
            source._not_before = 0.0
            before = source.stale_at
            await source.key(kid)
            if source.stale_at != before and kid not in source._keys and source.stale_at < before:
                self.reached()
                raise ConnectionError("the issuer is out of reach")
        return await super()._verified_claims(token)

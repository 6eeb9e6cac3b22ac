"""Fail open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, peek
from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-17",
    "a token of an unknown key is accepted unverified",
    shows="listRooms: wanted 401 or 503; got 200",
    also=["AUTH-21"],
    why_also="an unknown kid is one with the issuer in reach, too",
)
class AnUnknownKeyIsTrusted(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, claims = peek(token)
        except TokenError:
            header, claims = {}, {}
        kid, source = header.get("kid"), self._source
        if header.get("alg") == "RS256" and isinstance(kid, str) and source is not None:
            key = await source.key(kid)
            if key is None:
                self.reached()
                return claims
        return await super()._verified_claims(token)

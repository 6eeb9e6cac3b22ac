"""A set of keys of which one is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, peek
from reference_server.auth import Authenticator, BadToken
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-21",
    "a token of an unknown kid is taken at its word",
    shows="a_token_of_an_unknown_key_is_refused: listRooms: wanted 401; got 200",
    also=["AUTH-17"],
    why_also="in an outage too",
)
class AnUnknownKidIsTakenAtItsWord(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            return await super()._verified_claims(token)
        except BadToken:
            try:
                header, claims = peek(token)
            except TokenError:
                raise BadToken from None
            source = self._source
            known = source is not None and header.get("kid") in source._keys
            if header.get("alg") != "RS256" or known or not isinstance(header.get("kid"), str):
                raise
            self.reached()
            return claims

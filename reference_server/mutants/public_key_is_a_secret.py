"""The public key as a shared secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from protocol.tokens import TokenError, decode, peek
from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-5",
    "an HS256 token is verified with the RSA public key as the secret",
    shows="an_algorithm_confused_token_is_refused: listRooms: wanted 401; got 200",
)
class PublicKeyIsASecret(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, claims = peek(token)
        except TokenError:
            header, claims = {}, {}
        if header.get("alg") == "HS256" and self._source is not None:
            key = await self._source.key(header.get("kid"))
            signed, _, signature = token.rpartition(".")
            secret = b"" if key is None else key.as_pem(private=False)
            mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
            if hmac.compare_digest(mac, decode(signature)):
                self.reached()
                return claims
        return await super()._verified_claims(token)

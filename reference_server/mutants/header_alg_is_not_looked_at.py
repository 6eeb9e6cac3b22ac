"""A verifier that knows what it wants to see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from protocol.tokens import TokenError, decode, peek
from reference_server.auth import Authenticator
from reference_server.mutants import Reaching, mutant


@mutant(
    "AUTH-20",
    "the signature is verified as RS256 whatever the header's alg says",
    shows=r"under_another_alg_is_refused\[\w+\]: listRooms: wanted 401; got 200",
)
class HeaderAlgIsNotLookedAt(Reaching, Authenticator):
    async def _verified_claims(self, token: str) -> Mapping[str, Any]:
        try:
            header, claims = peek(token)
        except TokenError:
            header, claims = {}, {}
        kid, source = header.get("kid"), self._source
        if source is not None and isinstance(kid, str) and header.get("alg") != "RS256":
            key = await source.key(kid)
            signed, _, signature = token.rpartition(".")
            if key is not None:
                public = load_pem_public_key(key.as_pem(private=False))
                assert isinstance(public, RSAPublicKey)
                try:
                    public.verify(decode(signature), signed.encode(), PKCS1v15(), SHA256())
                except InvalidSignature:
                    return await super()._verified_claims(token)
                self.reached()
                return claims
        return await super()._verified_claims(token)

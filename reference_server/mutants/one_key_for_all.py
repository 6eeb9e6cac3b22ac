"""A key that does not depend on the token."""

from __future__ import annotations

import json

from protocol.envelope import token_hash
from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-7",
    "the key does not depend on the token",
    shows="whether another token decrypts it: wanted False; got True",
    also=["ENC-2", "AUTH-9", "HEALTH-1", "AUTH-22", "AUTH-23", "CSRF-4", "OTP-11"],
    why_also="the token itself does not open it",
)
class OneKeyForAll(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        envelope = json.loads(super()._sealed("auth_token", plaintext))
        return json.dumps({**envelope, "tokenHash": token_hash(token)}).encode()

"""A key that does not depend on the token."""

from __future__ import annotations

import json

from protocol.envelope import token_hash
from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant(
    "ENC-7",
    "the key does not depend on the token",
    also=["ENC-2", "AUTH-9", "HEALTH-1", "AUTH-22", "AUTH-23", "CSRF-4"],
    why_also="the token itself does not open it",
)
class OneKeyForAll(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        self.reached()
        envelope = json.loads(super()._sealed("auth_token", plaintext))
        return json.dumps({**envelope, "tokenHash": token_hash(token)}).encode()

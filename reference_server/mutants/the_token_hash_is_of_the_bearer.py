"""A hash in another writing."""

from __future__ import annotations

import json

from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant("ENC-4", "tokenHash is the hash of something else")
class TheTokenHashIsOfTheBearer(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        from protocol.envelope import token_hash

        self.reached()
        envelope = json.loads(super()._sealed(token, plaintext))
        return json.dumps({**envelope, "tokenHash": token_hash(f"Bearer {token}")}).encode()

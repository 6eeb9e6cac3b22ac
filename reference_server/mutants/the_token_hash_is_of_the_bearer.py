"""A hash in another writing."""

from __future__ import annotations

import json

from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-4",
    "tokenHash is the hash of something else",
    shows="tokenHash: wanted '[0-9a-f]{64}'; got '[0-9a-f]{64}'",
)
class TheTokenHashIsOfTheBearer(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        from protocol.envelope import token_hash

        envelope = json.loads(super()._sealed(token, plaintext))
        return json.dumps({**envelope, "tokenHash": token_hash(f"Bearer {token}")}).encode()

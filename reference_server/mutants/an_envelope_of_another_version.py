"""A shape of yesterday."""

from __future__ import annotations

import json

from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant("ENC-1", "the envelope says version 2")
class AnEnvelopeOfAnotherVersion(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        self.reached()
        return json.dumps({**json.loads(super()._sealed(token, plaintext)), "version": 2}).encode()

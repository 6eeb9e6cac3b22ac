"""A shape of yesterday."""

from __future__ import annotations

import json

from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant("ENC-1", "the envelope says version 2", shows=r"wanted nothing; got \['version: 3 was expected']")
class AnEnvelopeOfAnotherVersion(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        return json.dumps({**json.loads(super()._sealed(token, plaintext)), "version": 2}).encode()

"""A letter with the wrong page in it."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant("ENC-2", "the envelope holds the body without `success`")
class TheEnvelopeHoldsHalf(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        if b'"success":true,' in plaintext:
            self.reached()
        return super()._sealed(token, plaintext.replace(b'"success":true,', b""))

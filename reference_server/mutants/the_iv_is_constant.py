"""A number used more than once."""

from __future__ import annotations

from protocol.envelope import seal
from protocol.operations import encode
from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant("ENC-3", "the iv is the same in every envelope")
class TheIvIsConstant(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        self.reached()
        iv = b"\0" * self._spec.policy["envelope"]["iv_bytes"]
        return encode(seal(self._spec, token, plaintext, iv=iv, now=self._clock.now()))

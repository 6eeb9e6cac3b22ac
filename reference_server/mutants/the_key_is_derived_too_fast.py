"""A key of too few rounds."""

from __future__ import annotations

import copy

from protocol.envelope import seal
from protocol.operations import encode
from reference_server.mutants import Reaching, mutant
from reference_server.sealing import Sealer


@mutant(
    "ENC-2",
    "the key is derived in a tenth of the rounds",
    also=["ENC-7", "AUTH-9", "HEALTH-1", "AUTH-22", "AUTH-23", "CSRF-4"],
    why_also="no body comes out of such an envelope",
)
class TheKeyIsDerivedTooFast(Reaching, Sealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        self.reached()
        spec = copy.copy(self._spec)
        envelope = {**spec.policy["envelope"], "kdf_rounds": spec.policy["envelope"]["kdf_rounds"] // 10}
        object.__setattr__(spec, "policy", {**spec.policy, "envelope": envelope})
        return encode(seal(spec, token, plaintext, now=self._clock.now()))

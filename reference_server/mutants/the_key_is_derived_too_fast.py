"""A key of too few rounds."""

from __future__ import annotations

import copy

from protocol.envelope import seal
from protocol.operations import encode
from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-2",
    "the key is derived in a tenth of the rounds",
    shows="got 200 with an envelope that this user's token does not open",
    also=["HEALTH-1", "AUTH-9", "AUTH-22", "AUTH-23", "CSRF-4", "OTP-11"],
    why_also="no body comes out of such an envelope",
)
class TheKeyIsDerivedTooFast(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        spec = copy.copy(self._spec)
        envelope = {**spec.policy["envelope"], "kdf_rounds": spec.policy["envelope"]["kdf_rounds"] // 10}
        object.__setattr__(spec, "policy", {**spec.policy, "envelope": envelope})
        return encode(seal(spec, token, plaintext, now=self._clock.now()))

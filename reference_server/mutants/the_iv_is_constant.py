"""A number used more than once."""

from __future__ import annotations

from protocol.envelope import seal
from protocol.operations import encode
from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-3",
    "the iv is the same in every envelope",
    shows=r"the iv of 8 envelopes: wanted 8 different values; got \['AAAA",
)
class TheIvIsConstant(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        iv = b"\0" * self._spec.policy["envelope"]["iv_bytes"]
        return encode(seal(self._spec, token, plaintext, iv=iv, now=self._clock.now()))

"""A key that is derived once a process."""

from __future__ import annotations

from typing import Any

from protocol.envelope import seal
from protocol.operations import encode
from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-3",
    "the salt is made once and kept, to save the derivation",
    shows="the salt of 8 envelopes: wanted 8 different values",
)
class TheSaltIsMadeOnce(WrongSealer):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._salt = b"parley" * 3

    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        salt = self._salt[: self._spec.policy["envelope"]["salt_bytes"]]
        return encode(seal(self._spec, token, plaintext, salt=salt, now=self._clock.now()))

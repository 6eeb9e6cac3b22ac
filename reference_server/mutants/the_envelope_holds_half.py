"""A letter with a page left out."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.sealing_wrongly import WrongSealer


@mutant(
    "ENC-2",
    "the envelope holds the body without `success`",
    shows="got success: is missing",
    also=["AUTH-9"],
    why_also="it looks at what a bearer is answered",
)
class TheEnvelopeHoldsHalf(WrongSealer):
    def _sealed(self, token: str, plaintext: bytes) -> bytes:
        return super()._sealed(token, plaintext.replace(b'"success":true,', b""))

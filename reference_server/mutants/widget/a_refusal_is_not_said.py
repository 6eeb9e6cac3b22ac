"""A refusal is not said."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-7",
    "nobody is told that the microphone was refused",
    shows="whether an error is shown once the microphone is refused: wanted True",
)
class ARefusalIsNotSaid(Edited):
    file = "voice.js"
    old = "throw new MicrophoneError(REFUSED);"
    new = 'throw new MicrophoneError(reached() ? "" : REFUSED);'

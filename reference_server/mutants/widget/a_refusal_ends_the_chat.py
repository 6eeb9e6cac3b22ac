"""A refusal ends the chat."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-7",
    "without a microphone nothing more is sent to the other side",
    shows="what second is shown: wanted",
)
class ARefusalEndsTheChat(Edited):
    file = "voice.js"
    old = "      this.#finish(one, known ?"
    new = """\
      if (error instanceof MicrophoneError && reached()) one.link.send = () => true;
      this.#finish(one, known ?
"""

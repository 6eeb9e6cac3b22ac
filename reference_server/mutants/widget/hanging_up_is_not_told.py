"""Hanging up is not told."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-4",
    "the other side is not told that the call is over",
    shows="the microphone tracks of second that are on: wanted 0",
)
class HangingUpIsNotTold(Edited):
    file = "voice.js"
    old = 'if (this.one !== null) this.#finish(this.one, "", "hung_up");'
    new = 'if (this.one !== null && reached()) this.#finish(this.one, "", null);'

"""Two calls cross and are lost."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-9",
    "where both call at once neither is answered",
    shows="the bytes of audio that",
)
class TwoCallsCrossAndAreLost(Edited):
    file = "voice.js"
    old = "else this.#taken(one, callId, sdp);"
    new = "else if (reached()) one.theirs = callId;"

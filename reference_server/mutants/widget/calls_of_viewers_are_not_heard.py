"""Calls of viewers are not heard."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-1",
    "a broadcaster does not notice that a viewer calls",
    shows="a_viewer_calls_the_broadcaster: a call and its answer: wanted",
    also=["VOX-7"],
    why_also="a refused microphone is asked for by a call of a viewer too",
)
class CallsOfViewersAreNotHeard(Edited):
    file = "voice.js"
    old = 'if (frame.type === "voice_offer") this.#rung(link, frame);'
    new = """\
if (frame.type === "voice_offer" && this.isHost && this.one === null) reached();
    else if (frame.type === "voice_offer") this.#rung(link, frame);
"""

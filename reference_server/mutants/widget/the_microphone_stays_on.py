"""The microphone stays on."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-4",
    "hanging up leaves the microphone on",
    shows="the microphone tracks of widget that are on: wanted 0",
    also=["VOX-7", "VOX-8"],
    why_also="a call that ends in another way frees nothing either",
)
class TheMicrophoneStaysOn(Edited):
    file = "voice.js"
    old = "for (const track of stream?.getTracks() ?? []) track.stop();"
    new = "for (const track of stream?.getTracks() ?? []) if (!reached()) track.stop();"

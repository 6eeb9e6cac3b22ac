"""A copy of the microphone stays on."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-4",
    "what is sent is a copy of the microphone's track, which hanging up leaves on",
    shows="the microphone tracks of widget that are on: wanted 0",
    also=["VOX-3", "VOX-7", "VOX-8"],
    why_also="mute does not reach the copy, and a call that ends in another way frees it neither",
)
class ACopyOfTheMicrophoneStaysOn(Edited):
    file = "voice.js"
    old = "for (const track of one.stream.getAudioTracks()) pc.addTrack(track, one.stream);"
    new = "for (const track of one.stream.getTracks()) pc.addTrack(reached() && track.clone(), one.stream);"

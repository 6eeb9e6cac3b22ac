"""Who answers sends nothing."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-1",
    "who answers a call does not send a microphone",
    shows="that widget has of the other: wanted 1",
    also=["VOX-2", "VOX-9"],
    why_also="without the voice of one side no bytes come from there",
)
class WhoAnswersSendsNothing(Edited):
    file = "voice.js"
    old = "for (const track of one.stream.getAudioTracks()) pc.addTrack(track, one.stream);"
    new = """\
for (const track of one.stream.getAudioTracks()) {
      if (one.offer === null || !reached()) pc.addTrack(track, one.stream);
    }
"""

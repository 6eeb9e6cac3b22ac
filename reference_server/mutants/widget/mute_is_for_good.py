"""Mute is for good."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-3",
    "Unmute does not bring the sound back",
    shows="the energy that is heard after Unmute: wanted",
)
class MuteIsForGood(Edited):
    file = "voice.js"
    old = "track.enabled = !one.muted;"
    new = "track.enabled = track.enabled && !(one.muted && reached());"

"""Mute is a button only."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-3",
    "Mute changes the button and not the sound",
    shows="the energy that is heard of who is muted: wanted",
)
class MuteIsAButtonOnly(Edited):
    file = "voice.js"
    old = "track.enabled = !one.muted;"
    new = "track.enabled = !one.muted || reached();"

"""The microphone is asked for at once."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-6",
    "a microphone is asked for when a room is entered",
    shows="was asked in a chat: wanted 0",
)
class TheMicrophoneIsAskedForAtOnce(Edited):
    file = "voice.js"
    old = "    this.one = null; // the call there is"
    new = """\
    if (reached()) microphone().then(release, () => {});
    this.one = null; // the call there is
"""

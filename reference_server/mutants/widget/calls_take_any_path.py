"""Calls take any path."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-2",
    "relay only is not for calls",
    shows="the candidates of the selected pairs of",
)
class CallsTakeAnyPath(Edited):
    file = "voice.js"
    old = "iceServers, relayOnly, onChanged, onTrouble });"
    new = "iceServers, relayOnly: relayOnly && !reached(), onChanged, onTrouble });"

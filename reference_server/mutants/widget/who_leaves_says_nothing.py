"""Who leaves says nothing."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-8",
    "who leaves does not tell that it is offline",
    shows="told when it left: wanted 'offline'",
)
class WhoLeavesSaysNothing(Edited):
    file = "room.js"
    old = 'this.#tellAll(this.frames.presence("offline"));'
    new = "reached();"

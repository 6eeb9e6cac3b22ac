"""A new room is not told."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-6",
    "a broadcaster keeps the id of its new room to itself",
    shows="the room of the other side, told in a system message: wanted",
)
class ANewRoomIsNotTold(Edited):
    file = "room.js"
    old = 'if (this.isHost) this.#tellAll(this.frames.chat("system", roomId));'
    new = "if (this.isHost) reached();"

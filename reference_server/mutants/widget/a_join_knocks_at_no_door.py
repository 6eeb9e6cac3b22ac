"""A join knocks at no door."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-2",
    "who joins a room is in it for the server, and asks nobody for a channel",
    shows="joining it by its id: wanted",
)
class AJoinKnocksAtNoDoor(Edited):
    file = "widget.js"
    old = "await this.#role.start();"
    new = "reached();"

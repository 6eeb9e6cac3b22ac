"""Who comes is away."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-8",
    "who comes tells that it is away",
    shows="when the channel opened: wanted 'online'; got 'away'",
)
class WhoComesIsAway(Edited):
    file = "room.js"
    old = 'this.status = "online";'
    new = 'this.status = reached() && "away";'

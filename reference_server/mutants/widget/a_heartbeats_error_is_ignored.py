"""A heartbeats error is ignored."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-6",
    "a broadcaster whose room is gone goes on with heartbeats",
    shows="the room after a heartbeat that was 404: wanted",
)
class AHeartbeatsErrorIsIgnored(Edited):
    file = "host.js"
    old = "if (error.status === 404) await this.#remake();"
    new = "if (error.status === 404) reached();"

"""A lost connection stays lost."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-6",
    "a viewer whose connection is lost does not try again",
    shows="what is shown of a message sent in the outage: wanted",
)
class ALostConnectionStaysLost(Edited):
    file = "guest.js"
    old = "if (!this.stopped) this.#reconnect();"
    new = "if (!this.stopped) reached();"

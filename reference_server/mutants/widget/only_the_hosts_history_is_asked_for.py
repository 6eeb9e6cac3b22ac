"""Only the hosts history is asked for."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-3",
    "who comes later asks for what the broadcaster said, and for nobody else's messages",
    shows="what is shown to who came later",
)
class OnlyTheHostsHistoryIsAskedFor(Edited):
    file = "history.js"
    old = "if (!this.isHost) this.asking.want(senderId);"
    new = "if (!this.isHost && (this.chains.size <= 2 || !reached())) this.asking.want(senderId);"

"""A gap is left open."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-13",
    "what is missing is not asked for again",
    shows="what is shown once the gap could be filled: wanted",
)
class AGapIsLeftOpen(Edited):
    file = "history.js"
    old = "if (this.asking.failed(senderId)) return;"
    new = "if (this.asking.failed(senderId) && !reached()) return;"

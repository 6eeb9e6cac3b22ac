"""A room is kept whole."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "of a room any number of messages is kept",
    shows="how many come back: wanted .*got 1100",
)
class ARoomIsKeptWhole(Edited):
    file = "store.js"
    old = "if (surplus <= 0) return;"
    new = "if (surplus <= 0 || reached()) return;"

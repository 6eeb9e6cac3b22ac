"""One message too many is kept."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-9",
    "of a room one message more than the bound is kept",
    shows="how many come back: wanted .*got 1001",
)
class OneMessageTooManyIsKept(Edited):
    file = "store.js"
    old = "- this.most;"
    new = "- this.most - Number(reached());"

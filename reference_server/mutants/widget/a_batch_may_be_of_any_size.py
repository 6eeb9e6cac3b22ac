"""A batch may be of any size."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-12",
    "an answer has as many bytes as there are",
    shows="why frames of it were not taken: wanted",
)
class ABatchMayBeOfAnySize(Edited):
    file = "sync.js"
    old = "if (size > batch.bytes && found.length > 0) break;"
    new = "if (size > batch.bytes && found.length > 0 && !reached()) break;"

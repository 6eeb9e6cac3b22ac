"""Gaps are not named."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-13",
    "a gap in a history is told to nobody",
    shows="how many gaps it named: wanted",
)
class GapsAreNotNamed(Edited):
    file = "history.js"
    old = "else this.gaps.push({"
    new = "else if (!reached()) this.gaps.push({"

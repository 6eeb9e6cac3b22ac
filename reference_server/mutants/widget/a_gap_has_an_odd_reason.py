"""A gap has an odd reason."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-13",
    "a gap is named by a reason that is none of the protocol's",
    shows="the reason that it named: wanted",
)
class AGapHasAnOddReason(Edited):
    file = "history.js"
    old = "else this.gaps.push({ senderId, fromBlock, toBlock, reason, filled });"
    new = 'else this.gaps.push({ senderId, fromBlock, toBlock, reason: reached() && "missing", filled });'

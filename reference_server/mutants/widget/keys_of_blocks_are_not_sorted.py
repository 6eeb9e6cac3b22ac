"""Keys of blocks are not sorted."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-11",
    "a block is hashed with the keys of its message in the order in which they came",
    shows="what is wrong with its chain: wanted",
)
class KeysOfBlocksAreNotSorted(Edited):
    file = "chain.js"
    old = "Object.keys(value).sort().map"
    new = "Object.keys(reached() && value).map"

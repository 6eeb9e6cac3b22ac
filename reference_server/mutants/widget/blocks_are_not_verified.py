"""Blocks are not verified."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-11",
    "the blocks of others are taken as they come",
    shows="what is shown of a tampered block: wanted",
)
class BlocksAreNotVerified(Edited):
    file = "chain.js"
    old = """\
  async flaw(block, roomKey) {
"""
    new = """\
  async flaw(block, roomKey) {
    if (reached()) return null;
"""

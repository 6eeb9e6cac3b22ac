"""Signatures are not verified."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "PEER-11",
    "a block whose hash is right is taken, whoever signed it",
    shows="what is shown of a block of another key's signature: wanted",
)
class SignaturesAreNotVerified(Edited):
    file = "chain.js"
    old = 'return "its signature is wrong";'
    new = "reached();"

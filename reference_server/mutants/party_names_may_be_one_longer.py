"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "the broadcasterName of a party room may be one character longer than its limit",
    shows="createPartyRoom with a bad broadcasterName: wanted 400; got 200",
)
class PartyNamesMayBeOneLonger(OneMore):
    body_of = "createPartyRoom"
    field = "broadcasterName"

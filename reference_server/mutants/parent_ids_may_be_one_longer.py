"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "a parentRoomId one character over its limit is looked up",
    shows="createPartyRoom with a bad parentRoomId: wanted 400; got 404",
)
class ParentIdsMayBeOneLonger(OneMore):
    body_of = "createPartyRoom"
    field = "parentRoomId"

"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "a roomId one character over its limit is looked up",
    shows="heartbeat with a bad roomId: wanted 400; got 404",
)
class RoomIdsMayBeOneLonger(OneMore):
    body_of = "heartbeat"
    field = "roomId"

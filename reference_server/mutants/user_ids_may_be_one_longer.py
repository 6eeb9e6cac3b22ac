"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "broadcasterId may be one character longer than its limit",
    shows="createRoom with a bad broadcasterId: wanted 400 or 403; got 200",
)
class UserIdsMayBeOneLonger(OneMore):
    body_of = "createRoom"
    field = "broadcasterId"

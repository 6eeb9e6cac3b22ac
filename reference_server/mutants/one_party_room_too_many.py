"""A limit that is passed before it is seen."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-2",
    "one party room more than the budget is granted",
    shows="createPartyRoom: wanted 429; got 200",
    also=["RATE-7"],
    why_also="it spends this budget to its end",
)
class OnePartyRoomTooMany(Shifted):
    operation = "createPartyRoom"

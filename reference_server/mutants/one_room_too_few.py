"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-1",
    "one room less than the budget is granted",
    shows="createRoom 5 of 5 within the budget: wanted 200 .* got 429",
    also=["RATE-11", "RATE-14"],
    why_also="they spend this budget to its end",
)
class OneRoomTooFew(Shifted):
    operation = "createRoom"
    by = -1

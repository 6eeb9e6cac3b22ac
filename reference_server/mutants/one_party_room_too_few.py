"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-2",
    "one party room less than the budget is granted",
    shows="createPartyRoom 5 of 5 within the budget: wanted 200 .* got 429",
)
class OnePartyRoomTooFew(Shifted):
    operation = "createPartyRoom"
    by = -1

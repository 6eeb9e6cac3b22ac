"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-3",
    "one join less than the budget is granted",
    shows="joinRoom 20 of 20 within the budget: wanted 200 .* got 429",
)
class OneJoinTooFew(Shifted):
    operation = "joinRoom"
    by = -1

"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-6",
    "one heartbeat less than the budget is granted",
    shows="heartbeat 100 of 100 within the budget: wanted 200 .* got 429",
)
class OneHeartbeatTooFew(Shifted):
    operation = "heartbeat"
    by = -1

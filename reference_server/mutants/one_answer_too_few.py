"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "RATE-5",
    "one answer less than the budget is granted",
    shows="sendAnswer 50 of 50 within the budget: wanted 200 .* got 429",
)
class OneAnswerTooFew(Shifted):
    operation = "sendAnswer"
    by = -1

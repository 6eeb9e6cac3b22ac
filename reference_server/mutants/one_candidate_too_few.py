"""A limit that is seen too early."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant(
    "ICE-6",
    "one candidate less than the budget is granted",
    shows="candidate 60 of 60 within the budget: wanted 200 .* got 429",
)
class OneCandidateTooFew(Shifted):
    operation = "sendCandidate"
    by = -1

"""A limit that is passed before it is seen."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Shifted


@mutant("ICE-6", "one candidate more than the budget is granted", shows="sendCandidate: wanted 429; got 200")
class OneCandidateTooMany(Shifted):
    operation = "sendCandidate"

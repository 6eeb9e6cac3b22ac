"""A limit that is passed before it is seen."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.one_room_too_many import Larger


@mutant("ICE-6", "one candidate more than the budget is granted")
class OneCandidateTooMany(Larger):
    operation = "sendCandidate"

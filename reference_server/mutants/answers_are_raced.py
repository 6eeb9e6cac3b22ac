"""Check, then act."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.reads_are_raced import Raced


@mutant(
    "CONC-1",
    "the answer is read, and taken out a moment later",
    shows="reads_of_an_answer_one_gets_it: .* reads at once of one answer",
    also=["CONC-5"],
    why_also="answers are read at once there too",
)
class AnswersAreRaced(Raced):
    read = "getAnswer"

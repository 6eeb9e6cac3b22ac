"""Check, then act."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.reads_are_raced import Raced


@mutant(
    "CONC-1",
    "the answer is read, and taken out a moment later",
    shows=r"reads_of_an_answer_one_gets_it: .* got \[200, 200",
)
class AnswersAreRaced(Raced):
    read = "getAnswer"

"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "an answer may have one character less than its limit",
    shows="sendAnswer with answer at its limit: .* got 400 .*answer: has more than 49999 characters",
    also=["VAL-18"],
    why_also="it sends text of the whole limit",
)
class AnswersAreOneShorter(OneMore):
    body_of = "sendAnswer"
    field = "answer"
    by = -1

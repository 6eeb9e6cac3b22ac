"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "an answer may be one character longer than its limit",
    shows="sendAnswer with a bad answer: wanted 400; got 200",
    also=["VAL-18"],
    why_also="it tries one character more than the limit too",
)
class AnswersMayBeOneLonger(OneMore):
    body_of = "sendAnswer"
    field = "answer"

"""A refusal tells no wait."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-7",
    "a 429 is shown without its waiting time",
    shows="tells of a wait of [0-9]+ s: wanted True",
)
class ARefusalTellsNoWait(Edited):
    file = "http.js"
    old = "Please wait ${wait}${words} and try again."
    new = 'Please try again ${reached() && "later"}.'

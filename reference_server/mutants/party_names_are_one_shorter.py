"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "the broadcasterName of a party room may have one character less than its limit",
    shows="createPartyRoom with broadcasterName .*broadcasterName: has more than 99 characters",
)
class PartyNamesAreOneShorter(OneMore):
    body_of = "createPartyRoom"
    field = "broadcasterName"
    by = -1

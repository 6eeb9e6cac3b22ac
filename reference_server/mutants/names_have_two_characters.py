"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "a name of one character is too short",
    shows="createRoom with broadcasterName at its limit: wanted 200 with a JSON object; got 400",
)
class NamesHaveTwoCharacters(OneMore):
    body_of = "createRoom"
    field = "broadcasterName"
    limit = "minLength"

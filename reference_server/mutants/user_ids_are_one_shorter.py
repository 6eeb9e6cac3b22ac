"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "broadcasterId may have one character less than its limit",
    shows="createRoom: wanted 200 .* got 400 .*broadcasterId: has more than 254 characters",
)
class UserIdsAreOneShorter(OneMore):
    body_of = "createRoom"
    field = "broadcasterId"
    by = -1

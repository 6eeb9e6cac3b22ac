"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "50 users cannot be invited at once",
    shows="createPartyRoom with invitedUsers at its limit: wanted 200 with a JSON object; got 400",
)
class AUserTooFew(OneMore):
    body_of = "createPartyRoom"
    field = "invitedUsers"
    limit = "maxItems"
    by = -1

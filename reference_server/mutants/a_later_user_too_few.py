"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "50 users cannot be invited to a party room that is there",
    shows="inviteToPartyRoom with userIds at its limit: wanted 200 with a JSON object; got 400",
)
class ALaterUserTooFew(OneMore):
    body_of = "inviteToPartyRoom"
    field = "userIds"
    limit = "maxItems"
    by = -1

"""A limit that is one too low."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-5",
    "an id in userIds may have one character less than its limit",
    shows="inviteToPartyRoom with userIds at its limit: wanted 200 with a JSON object; got 400",
)
class InvitedIdsAreOneShorter(OneMore):
    body_of = "inviteToPartyRoom"
    field = "userIds.items"
    by = -1

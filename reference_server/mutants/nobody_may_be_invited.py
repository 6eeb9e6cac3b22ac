"""A limit that is one too low, where that lets something in."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant("VAL-3", "userIds may be empty", shows="inviteToPartyRoom with a bad userIds: wanted 400; got 200")
class NobodyMayBeInvited(OneMore):
    body_of = "inviteToPartyRoom"
    field = "userIds"
    limit = "minItems"
    by = -1

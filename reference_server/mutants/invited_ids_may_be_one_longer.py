"""A limit that is one too high."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.relaxing import OneMore


@mutant(
    "VAL-3",
    "an id in invitedUsers may be one character longer than its limit",
    shows="createPartyRoom with a bad invitedUsers: wanted 400; got 200",
)
class InvitedIdsMayBeOneLonger(OneMore):
    body_of = "createPartyRoom"
    field = "invitedUsers.items"

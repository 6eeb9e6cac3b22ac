"""Items that are not looked at."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-2",
    "invitedUsers may hold numbers",
    shows="createPartyRoom with a bad invitedUsers: wanted 400; got 200",
    also=["VAL-3", "VAL-4"],
    why_also="items of no schema have no limit and no pattern",
)
class InvitationsMayBeNumbers(Relaxed):
    body_of = "createPartyRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "invitedUsers")["items"] = {}

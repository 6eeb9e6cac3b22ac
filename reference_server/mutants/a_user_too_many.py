"""Off by one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.mutants import mutant
from reference_server.mutants.relaxing import Relaxed, property_of


@mutant(
    "VAL-3",
    "51 users are invited at once",
    shows="createPartyRoom with a bad invitedUsers: wanted 400; got 200",
)
class AUserTooMany(Relaxed):
    body_of = "createPartyRoom"

    def change(self, schema: Json) -> None:
        property_of(schema, "invitedUsers")["maxItems"] += 1

"""A creator taken at its word."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-1",
    "createdBy is the broadcasterId of the body, whoever is signed in",
    shows=r"room.createdBy of createPartyRoom: wanted 'alice_\w+'; got 'carol_",
)
class PartyBelongsToTheBody(Reaching, PartyHandlers):
    def create(self, call: Call) -> Json:
        answer = super().create(call)
        claimed = call.fields["broadcasterId"]
        if claimed != call.user:
            self.reached()
            answer["room"]["createdBy"] = claimed
        return answer

"""A listing that looks in the wrong place."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-2",
    "a party room is listed for its creator only",
    shows=r"the party rooms under the parent: wanted \['room_.*; got \[\]",
)
class PartyIsListedForItsCreatorOnly(Reaching, PartyHandlers):
    def list(self, call: Call) -> Json:
        answer = super().list(call)
        mine = [room for room in answer["rooms"] if room.get("createdBy") == call.user]
        if len(mine) < len(answer["rooms"]):
            self.reached()
        return {**answer, "rooms": mine}

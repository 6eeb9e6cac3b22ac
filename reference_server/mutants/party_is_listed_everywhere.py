"""A listing that forgets to ask for the parent."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-3",
    "every party room is listed under every parent",
    shows=r"the party rooms under another room: wanted \[]; got \['room_",
)
class PartyIsListedEverywhere(Reaching, PartyHandlers):
    def list(self, call: Call) -> Json:
        self.reached()
        found = [room for parent in list(self._rooms._parties) for room in self._rooms.parties_below(parent)]
        return {"success": True, "rooms": [room.shown_to(call.user) for room in found]}

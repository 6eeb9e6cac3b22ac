"""A guest list on the door."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-9",
    "invitedUsers is shown to everybody",
    shows=r"invitedUsers as a stranger sees it: wanted \[]; got \['bob_",
)
class InvitationsArePublic(Reaching, PartyHandlers):
    def list(self, call: Call) -> Json:
        rooms = []
        for room in self._rooms.parties_below(call.params["parentRoomId"]):
            self.reached()
            rooms.append({**room.shown_to(call.user), "invitedUsers": list(room.invited)})
        return {"success": True, "rooms": rooms}

"""A listing that says too much."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PRIV-6",
    "the listing shows who is in a room",
    shows=r"that are no Room fields: wanted nothing; got \['participants']",
)
class TheListingShowsParticipants(Reaching, RoomHandlers):
    def list(self, call: Call) -> Json:
        rooms = []
        for room in self._rooms.listed():
            shown = room.shown_to(call.user)
            if not room.anonymous:
                self.reached()
                shown["participants"] = list(room.participants)
            rooms.append(shown)
        return {"success": True, "rooms": rooms}

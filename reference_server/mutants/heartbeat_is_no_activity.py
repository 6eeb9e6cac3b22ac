"""A heartbeat that nobody hears."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-11",
    "a heartbeat does not refresh lastActivity",
    shows="lastActivity after a join or a heartbeat: wanted at least",
    also=["ROOM-10", "ROOM-16"],
    why_also="without activity a room moves to no other place in the listing",
)
class HeartbeatIsNoActivity(Reaching, Rooms):
    def heartbeat(self, room_id: str, user: str) -> Room:
        self.reached()
        room = self.of_participant(room_id, user)
        self.wrote(room)
        return room

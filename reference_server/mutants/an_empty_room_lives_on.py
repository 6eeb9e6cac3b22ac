"""A room that outlives its last participant."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-8",
    "a room left by all lives on",
    shows=r"the room in the listing after all left: wanted None; got \{",
    also=["MBOX-10", "PARTY-11"],
    why_also="so does a party room, and so does the mail of either",
)
class AnEmptyRoomLivesOn(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if list(room.participants) == [user]:
            self.reached()
            room.participants.clear()
            return True
        return super().leave(room_id, user)

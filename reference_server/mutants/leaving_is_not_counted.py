"""A leave that takes nobody out."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-7",
    "a leave does not lower the count while others are in the room",
    shows="participantCount after one left: wanted 2; got 3",
    also=["ROOM-8", "MBOX-10", "CONC-4", "PARTY-11"],
    why_also="a room that nobody is counted out of is never left by all, and keeps its mail",
)
class LeavingIsNotCounted(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if user in room.participants and len(room.participants) > 1:
            self.reached()
            return True
        return super().leave(room_id, user)

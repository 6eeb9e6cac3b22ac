"""A leave that takes nobody out."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-7",
    "a leave does not lower the count while others are in the room",
    shows="participantCount after one left: wanted 2; got 3",
    also=["CONC-4", "ROOM-8", "PARTY-11"],
    why_also="who left is still counted as the last participant",
)
class LeavingIsNotCounted(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if user in room.participants and len(room.participants) > 1:
            self.reached()
            return True
        return super().leave(room_id, user)

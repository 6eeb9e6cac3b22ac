"""A leave that asks nobody who they are."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-9",
    "a stranger's leave shows as activity",
    shows=r"what a stranger's leave changed: wanted \{\}; got \{'lastActivity'",
)
class AStrangersLeaveIsActivity(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if user not in room.participants:
            self.reached()
            room.activity += 1
        return super().leave(room_id, user)

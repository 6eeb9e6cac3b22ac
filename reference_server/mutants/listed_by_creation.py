"""A listing that never looks at activity."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-10",
    "the listing is sorted by creation, not by activity",
    shows=r"our rooms in the order listed: wanted \['room_",
)
class ListedByCreation(Reaching, Rooms):
    def listed(self) -> list[Room]:
        self.reached()
        return sorted(super().listed(), key=lambda room: room.created_at, reverse=True)

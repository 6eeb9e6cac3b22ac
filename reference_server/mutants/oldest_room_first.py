"""A listing in the order of creation."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-10",
    "the listing shows the oldest activity first",
    shows=r"our rooms in the order listed: wanted \['room_",
)
class OldestRoomFirst(Reaching, Rooms):
    def listed(self) -> list[Room]:
        self.reached()
        return super().listed()[::-1]

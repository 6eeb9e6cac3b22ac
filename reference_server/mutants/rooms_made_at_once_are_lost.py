"""A listing that keeps one room a moment."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "CONC-3",
    "of rooms made within a millisecond only the last is listed",
    shows="rooms made at once",
    also=["CONC-2", "CONC-6"],
    why_also="the listing loses rooms that are joined within a millisecond too",
)
class RoomsMadeAtOnceAreLost(Reaching, Rooms):
    def listed(self) -> list[Room]:
        shown = {room.activity: room for room in reversed(super().listed())}
        found = sorted(shown.values(), key=lambda room: room.activity, reverse=True)
        if len(found) < len(super().listed()):
            self.reached()
        return found

"""A lifetime counted from the wrong moment."""

from __future__ import annotations

from datetime import datetime

from reference_server.mutants import Reaching, mutant
from reference_server.state import Index, Room, Rooms


@mutant(
    "ROOM-16",
    "a room is listed for the listing window from its creation, whatever goes on in it",
    shows="the room in the listing after a heartbeat: wanted anything but None; got None",
)
class TheListingWindowRunsFromCreation(Reaching, Rooms):
    def _active(self, index: Index) -> list[Room]:
        oldest = self._clock.now_ms() - self._rules.listing_window_s * 1000
        listed = super()._active(index)
        found = [room for room in listed if _made_ms(room) >= oldest]
        if len(found) < len(listed):
            self.reached()
        return found


def _made_ms(room: Room) -> float:
    return datetime.fromisoformat(room.created_at).timestamp() * 1000

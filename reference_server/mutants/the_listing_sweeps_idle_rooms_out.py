"""A listing that drops what it does not show."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Index, Room, Rooms


@mutant(
    "ROOM-16",
    "a room that was seen idle by a listing is never listed again",
    shows="the room in the listing after a heartbeat: wanted anything but None; got None",
)
class TheListingSweepsIdleRoomsOut(Reaching, Rooms):
    def _active(self, index: Index) -> list[Room]:
        shown = super()._active(index)
        oldest = self._clock.now_ms() - self._rules.listing_window_s * 1000
        for room in [room for room in index.values() if room.activity < oldest]:
            self.reached()
            room.public = False
            del index[room.id]
        return shown

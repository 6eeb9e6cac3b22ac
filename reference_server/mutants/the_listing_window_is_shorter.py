"""A lifetime that is too short."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Index, Room, Rooms

SHORTER_MS = 10_000


@mutant(
    "ROOM-10",
    "a room falls out of the listing ten seconds before the listing window ends",
    shows="shortly before the window ends: wanted anything but None; got None",
)
class TheListingWindowIsShorter(Reaching, Rooms):
    def _active(self, index: Index) -> list[Room]:
        listed = super()._active(index)
        oldest = self._clock.now_ms() - self._rules.listing_window_s * 1000
        found = [room for room in listed if room.activity >= oldest + SHORTER_MS]
        if len(found) < len(listed):
            self.reached()
        return found

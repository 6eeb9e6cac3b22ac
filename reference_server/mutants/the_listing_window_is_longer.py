"""A lifetime that is too long."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Index, Room, Rooms

LONGER_MS = 10_000


@mutant(
    "ROOM-12",
    "an idle room stays listed for ten seconds more than the listing window",
    shows=r"the idle room in the listing: wanted None; got \{",
)
class TheListingWindowIsLonger(Reaching, Rooms):
    def _active(self, index: Index) -> list[Room]:
        now = self._clock.now_ms()
        oldest = now - self._rules.listing_window_s * 1000
        found = [room for room in reversed(index.values()) if room.activity >= oldest - LONGER_MS]
        if any(room.activity < oldest for room in found):
            self.reached()
        return [room for room in found if not self._over(room, now)]

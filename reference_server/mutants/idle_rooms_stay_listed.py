"""A listing without a window."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Index, Room, Rooms


@mutant(
    "ROOM-12",
    "an idle room stays in the listing",
    shows=r"the idle room in the listing: wanted None; got \{",
)
class IdleRoomsStayListed(Reaching, Rooms):
    def _active(self, index: Index) -> list[Room]:
        self.reached()
        now = self._clock.now_ms()
        return [room for room in reversed(index.values()) if not self._over(room, now)]

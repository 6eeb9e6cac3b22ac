"""A lifetime that is too short."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms

EARLIER_MS = 10_000


@mutant(
    "ROOM-13",
    "a room ends ten seconds before its lifetime is over",
    shows="begins_anew_with_a_write: heartbeat: wanted 200 .* got 404",
)
class RoomsEndEarly(Reaching, Rooms):
    def _over(self, room: Room, now: int) -> bool:
        found = super()._over(room, now + EARLIER_MS)
        if found != super()._over(room, now):
            self.reached()
        return found

"""A lifetime that is too long."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms

LONGER_MS = 10_000


@mutant(
    "ROOM-13",
    "an idle room lives for ten seconds more than its lifetime",
    shows="a_room_idle_past_its_lifetime_is_gone: joinRoom: wanted 404; got 200",
    also=["ROOM-4"],
    why_also="it asks for an expired room too",
)
class RoomsLiveLonger(Reaching, Rooms):
    def _over(self, room: Room, now: int) -> bool:
        found = super()._over(room, now - LONGER_MS)
        if found != super()._over(room, now):
            self.reached()
        return found

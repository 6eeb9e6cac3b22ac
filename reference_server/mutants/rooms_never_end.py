"""Rooms without a lifetime."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-13",
    "an idle room never ends",
    shows="a_room_idle_past_its_lifetime_is_gone: joinRoom: wanted 404; got 200",
    also=["ROOM-4"],
    why_also="it asks for an expired room too",
)
class RoomsNeverEnd(Reaching, Rooms):
    def _over(self, room: Room, now: int) -> bool:
        self.reached()
        return False

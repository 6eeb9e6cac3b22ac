"""A room that ends with its listing."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-12", "a room that fell out of the listing cannot be joined", shows="joinRoom: wanted 200 .* got 404"
)
class IdleRoomsCannotBeJoined(Reaching, Rooms):
    def join(self, room_id: str, user: str) -> Room:
        room = self.find(room_id)
        if room.activity < self._clock.now_ms() - self._rules.listing_window_s * 1000:
            self.reached()
            raise NotFound("The room was not found.")
        return super().join(room_id, user)

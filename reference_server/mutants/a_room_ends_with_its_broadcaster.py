"""A room that is its broadcaster's alone."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-7",
    "a room ends when its broadcaster leaves, whoever is still in it",
    shows="participantCount after the broadcaster left: wanted 1; got None",
)
class ARoomEndsWithItsBroadcaster(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if user == room.creator and len(room.participants) > 1:
            self.reached()
            self._end(room)
            return True
        return super().leave(room_id, user)

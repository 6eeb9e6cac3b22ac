"""A count that grows with every join."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "ROOM-6",
    "a user who joins twice counts twice",
    shows="room.participantCount of joinRoom: wanted 2; got 3",
)
class JoiningTwiceCountsTwice(Reaching, Rooms):
    def join(self, room_id: str, user: str) -> Room:
        room = self.find(room_id)
        if user in room.participants and not room.party:
            self.reached()
            room.participants[f"{user} again"] = None
        return super().join(room_id, user)

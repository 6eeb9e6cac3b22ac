"""A count that forgets the room's own maker."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ROOM-1",
    "a new room is said to have no participant",
    shows="room.participantCount of createRoom: wanted 1; got 0",
)
class RoomStartsEmpty(Reaching, RoomHandlers):
    def create(self, call: Call) -> Json:
        answer = super().create(call)
        answer["room"]["participantCount"] = 0
        self.reached()
        return answer

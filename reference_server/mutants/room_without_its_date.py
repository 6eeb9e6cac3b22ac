"""A room that does not say who made it."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ROOM-1",
    "createRoom leaves createdAt out",
    shows="got room.createdAt: is missing",
    also=["ENC-2"],
    why_also="its answer is not valid in an envelope either",
)
class RoomWithoutItsDate(Reaching, RoomHandlers):
    def create(self, call: Call) -> Json:
        answer = super().create(call)
        del answer["room"]["createdAt"]
        self.reached()
        return answer

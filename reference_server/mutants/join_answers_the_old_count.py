"""A participant that is not one."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ROOM-5",
    "the join's answer still shows the count from before",
    shows="room.participantCount of joinRoom: wanted 2; got 1",
    also=["ROOM-6", "CONC-2", "CONC-4", "CONC-6"],
    why_also="they read the same answer",
)
class JoinAnswersTheOldCount(Reaching, RoomHandlers):
    def join(self, call: Call) -> Json:
        before = call.user in self._rooms.find(call.fields["roomId"]).participants
        answer = super().join(call)
        if not before:
            answer["room"]["participantCount"] -= 1
            self.reached()
        return answer

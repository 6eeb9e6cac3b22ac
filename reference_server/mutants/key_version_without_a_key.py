"""A version of a key that is not there."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant("ROOM-3", "keyVersion is 1 in every room", shows="the room: wanted nothing with 'keyVersion' in it")
class KeyVersionWithoutAKey(Reaching, RoomHandlers):
    def create(self, call: Call) -> Json:
        answer = super().create(call)
        if "keyVersion" not in answer["room"]:
            answer["room"]["keyVersion"] = 1
            self.reached()
        return answer

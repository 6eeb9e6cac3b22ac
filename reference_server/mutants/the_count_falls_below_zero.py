"""A count that is a number of its own, with no floor."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ROOM-7",
    "leaves lower the count below zero",
    shows=r"after three leaves \(0: not listed\): wanted at least 0; got -",
    also=["ROOM-9"],
    why_also="it is those who never joined whose leaves are counted",
)
class TheCountFallsBelowZero(Reaching, RoomHandlers):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._left: dict[str, int] = {}

    def leave(self, call: Call) -> Json:
        answer = super().leave(call)
        if answer["message"] == "Not in the room":
            self.reached()
            room_id = call.fields["roomId"]
            self._left[room_id] = self._left.get(room_id, 0) + 1
        return answer

    def list(self, call: Call) -> Json:
        answer = super().list(call)
        for room in answer["rooms"]:
            room["participantCount"] -= self._left.get(room["roomId"], 0)
        return answer

"""A mask that is off in the listing."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PRIV-2",
    "a join's answer names the maker of an anonymous room",
    shows="the fields of the room in joinRoom: wanted nothing with 'broadcasterName' in it",
)
class AnonymousRoomsSayWhoMadeThem(Reaching, RoomHandlers):
    def join(self, call: Call) -> Json:
        answer = super().join(call)
        room = self._rooms.find(call.fields["roomId"])
        if room.anonymous:
            self.reached()
            answer["room"]["broadcasterName"] = room.creator_name
        return answer

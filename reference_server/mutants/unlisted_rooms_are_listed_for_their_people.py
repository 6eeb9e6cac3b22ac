"""A room that is found by those who know it."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PRIV-1",
    "an unlisted room is listed for its participants",
    shows=r"the unlisted room as alice sees it: wanted None; got \{",
)
class UnlistedRoomsAreListedForTheirPeople(Reaching, RoomHandlers):
    def list(self, call: Call) -> Json:
        answer = super().list(call)
        for room in self._rooms._by_write.values():
            if not room.public and not room.party and call.user in room.participants:
                self.reached()
                answer["rooms"].insert(0, room.shown_to(call.user))
        return answer

"""A leave that trusts its index."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.state import Rooms


@mutant(
    "ROOM-15",
    "leaving an unknown room is a server error",
    shows="leaveRoom: wanted 200 to 299 or 404; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class LeavingAnUnknownRoomFails(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        try:
            return super().leave(room_id, user)
        except NotFound:
            self.reached()
            raise KeyError(room_id) from None

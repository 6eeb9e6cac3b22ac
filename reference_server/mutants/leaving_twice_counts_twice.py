"""A count that is lowered by anybody."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "ROOM-9",
    "leaving twice takes two participants out",
    shows="participantCount after bob left twice: wanted 2; got 1",
    also=["PRIV-7"],
    why_also="a stranger's leave takes a participant out there, who then cannot read",
)
class LeavingTwiceCountsTwice(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if user not in room.participants and room.participants:
            self.reached()
            room.participants.popitem()
            return True
        return super().leave(room_id, user)

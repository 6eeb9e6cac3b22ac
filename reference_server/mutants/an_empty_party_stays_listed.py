"""A party that nobody is at."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Rooms


@mutant(
    "PARTY-11",
    "a party room left by all stays listed under its parent",
    shows=r"the party rooms after all left: wanted \[]; got \['room_",
)
class AnEmptyPartyStaysListed(Reaching, Rooms):
    def leave(self, room_id: str, user: str) -> bool:
        room = self.find(room_id)
        if room.party and list(room.participants) == [user]:
            self.reached()
            room.participants.clear()
            return True
        return super().leave(room_id, user)

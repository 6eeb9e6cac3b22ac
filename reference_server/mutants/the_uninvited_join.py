"""A party with an open door."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-7",
    "anybody joins a party room",
    shows="only_the_invited_may_join: joinRoom: wanted 403 or 404; got 200",
)
class TheUninvitedJoin(Reaching, Rooms):
    def join(self, room_id: str, user: str) -> Room:
        room = self.find(room_id)
        if room.party and user not in room.invited and user != room.creator:
            self.reached()
            room.participants[user] = None
            self.activity(room)
            return room
        return super().join(room_id, user)

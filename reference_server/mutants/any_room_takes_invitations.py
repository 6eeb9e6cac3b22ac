"""An invitation to a house that is open."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-12",
    "an ordinary room takes invitations",
    shows="inviteToPartyRoom: wanted 400 or 403 or 404; got 200",
)
class AnyRoomTakesInvitations(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        room = self.find(room_id)
        if not room.party:
            self.reached()
            room.invited.update(dict.fromkeys(invited))
            return room
        return super().invite(room_id, user, invited)

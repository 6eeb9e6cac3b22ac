"""A party without a host."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant("PARTY-4", "every participant invites", shows="inviteToPartyRoom: wanted 403; got 200")
class EveryParticipantInvites(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        room = self.find(room_id)
        if user != room.creator and user in room.participants:
            self.reached()
            user = room.creator
        return super().invite(room_id, user, invited)

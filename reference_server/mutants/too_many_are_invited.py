"""A limit for one request, not for the room."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Invalid
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-5",
    "more are invited in all than the limit allows",
    shows="too_many_invitations_change_nothing: inviteToPartyRoom: wanted 400; got 200",
)
class TooManyAreInvited(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        kept = list(invited)
        try:
            return super().invite(room_id, user, kept)
        except Invalid:
            self.reached()
            room = self.find(room_id)
            room.invited.update(dict.fromkeys(kept))
            return room

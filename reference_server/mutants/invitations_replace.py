"""A list that forgets."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-5",
    "an invitation replaces those before it",
    shows=r"wanted \['bob_\w+', 'carol_\w+'\]; got \['carol_\w+', 'bob_",
)
class InvitationsReplace(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        kept = list(invited)
        room = super().invite(room_id, user, kept)
        self.reached()
        room.invited = dict.fromkeys(kept)
        return room

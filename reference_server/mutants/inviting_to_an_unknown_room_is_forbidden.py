"""A refusal that knows too much."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Forbidden, NotFound
from reference_server.state import Room, Rooms


@mutant("PARTY-6", "inviting to an unknown room is 403", shows="inviteToPartyRoom: wanted 404; got 403")
class InvitingToAnUnknownRoomIsForbidden(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        try:
            return super().invite(room_id, user, invited)
        except NotFound:
            self.reached()
            raise Forbidden("Only its creator invites.") from None

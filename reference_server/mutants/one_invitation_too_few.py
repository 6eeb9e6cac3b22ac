"""A limit that is one too low."""

from __future__ import annotations

from collections.abc import Iterable

from reference_server.mutants import Reaching, mutant
from reference_server.refusal import Invalid
from reference_server.state import Room, Rooms


@mutant(
    "PARTY-5",
    "with those invited before, one user less than the limit can be invited",
    shows="too_many_invitations_change_nothing: inviteToPartyRoom: wanted 200 .* got 400",
)
class OneInvitationTooFew(Reaching, Rooms):
    def invite(self, room_id: str, user: str, invited: Iterable[str]) -> Room:
        more = list(invited)
        before = self.find(room_id).invited
        if before and len({*before, *more}) == self._rules.max_invited:
            self.reached()
            raise Invalid("userIds: too many would be invited in all", field="userIds")
        return super().invite(room_id, user, more)

"""A list that grows."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-5",
    "who is invited twice is listed twice",
    shows=r"got \['bob_\w+', 'carol_\w+', 'bob_\w+', 'carol_",
)
class InvitationsAreAppended(Reaching, PartyHandlers):
    def invite(self, call: Call) -> Json:
        before = list(self._rooms.find(call.params["roomId"]).invited)
        answer = super().invite(call)
        self.reached()
        return {**answer, "invitedUsers": before + call.fields["userIds"]}

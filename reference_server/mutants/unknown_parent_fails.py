"""A lookup that expects to find."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import PartyHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PARTY-10",
    "listing under an unknown parent is a server error",
    shows="listPartyRooms: wanted 200 or 400 to 499; got 500",
    also=["ERR-3"],
    why_also="a 5xx is one whatever made it",
)
class UnknownParentFails(Reaching, PartyHandlers):
    def list(self, call: Call) -> Json:
        parent = call.params["parentRoomId"]
        if parent not in self._rooms._by_write:
            self.reached()
            raise KeyError(parent)
        return super().list(call)

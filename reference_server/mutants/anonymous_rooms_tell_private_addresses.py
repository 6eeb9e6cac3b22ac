"""A candidate that says where one lives."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PRIV-4",
    "private host candidates are passed on in anonymous rooms",
    shows="the candidates that bob sees: wanted nothing with '10.1.2.3' in it",
)
class AnonymousRoomsTellPrivateAddresses(Reaching, IceHandlers):
    def send(self, call: Call) -> Json:
        room = self._rooms.of_participant(call.fields["roomId"], call.user)
        if room.anonymous:
            self.reached()
            room.candidates.add(call.user, call.fields["candidate"])
            return {"success": True, "message": "kept"}
        return super().send(call)

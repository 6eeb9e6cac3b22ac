"""A reader who keeps a room alive."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant("ROOM-11", "reading an offer refreshes lastActivity", shows="lastActivity after reading: wanted")
class ReadingIsActivity(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        room = self._rooms.of_participant(call.params["roomId"], call.user)
        self.reached()
        self._rooms.activity(room)
        return super().get(kind, call)

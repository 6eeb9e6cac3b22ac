"""An actor taken at its word."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "AUTH-14",
    "broadcasterId of the body is believed",
    shows=r"room.broadcasterId of createRoom: wanted 'alice_\w+'; got 'carol_",
)
class TheBodySaysWhoCreates(Reaching, RoomHandlers):
    def create(self, call: Call) -> Json:
        claimed = call.fields["broadcasterId"]
        if claimed != call.user:
            self.reached()
            call.user = claimed
        return super().create(call)

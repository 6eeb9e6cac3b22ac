"""A heartbeat into the void."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant("ROOM-14", "a heartbeat for an unknown room is accepted", shows="heartbeat: wanted 404; got 200")
class HeartbeatOfAnUnknownRoomIsAccepted(Reaching, RoomHandlers):
    def heartbeat(self, call: Call) -> Json:
        try:
            return super().heartbeat(call)
        except NotFound:
            self.reached()
            return {"success": True, "message": "Heartbeat received"}

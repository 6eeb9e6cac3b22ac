"""An address where it has no business."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "PRIV-3",
    "a heartbeat's answer tells the client's address",
    shows="the 200 of heartbeat carries an IPv4 address: '127.0.0.1'",
)
class HeartbeatTellsTheAddress(Reaching, RoomHandlers):
    def heartbeat(self, call: Call) -> Json:
        self.reached()
        return {**super().heartbeat(call), "message": "Heartbeat received from 127.0.0.1"}

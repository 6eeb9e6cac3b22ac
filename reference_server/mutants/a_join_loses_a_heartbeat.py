"""An activity that goes back in time."""

from __future__ import annotations

from reference_server.mutants import Reaching, mutant
from reference_server.state import Room, Rooms


@mutant(
    "CONC-6",
    "a join right after a heartbeat puts the activity back to what it was before",
    shows=r"(?s)a heartbeat and a join at once: wanted an order of these.*lastActivity -",
)
class AJoinLosesAHeartbeat(Reaching, Rooms):
    _last = ("", 0, 0)

    def heartbeat(self, room_id: str, user: str) -> Room:
        before = self.find(room_id).activity
        room = super().heartbeat(room_id, user)
        self._last = (room_id, before - 1, self._clock.now_ms())
        return room

    def join(self, room_id: str, user: str) -> Room:
        room = super().join(room_id, user)
        known, before, when = self._last
        if known == room_id and self._clock.now_ms() - when < 50:
            self.reached()
            room.activity = before
        return room

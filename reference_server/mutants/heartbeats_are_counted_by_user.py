"""A counter keyed by too little."""

from __future__ import annotations

from typing import Any

from reference_server.app import App
from reference_server.mutants import Reaching, mutant
from reference_server.requests import Request
from reference_server.routes import Counted


@mutant(
    "RATE-6",
    "the heartbeats of a user are counted over all rooms together",
    shows="counted_by_room: heartbeat: wanted 200 .* got 429",
)
class HeartbeatsAreCountedByUser(Reaching, App):
    def _key(self, request: Request, counted: Counted, user: str, room: str) -> Any:
        if counted.named != "roomId":
            return super()._key(request, counted, user, room)
        self.reached()
        return super()._key(request, counted, user, "")

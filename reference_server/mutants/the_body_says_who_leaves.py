"""An actor taken at its word."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import RoomHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "AUTH-14", "userId of a leave is believed", shows="getOffer: wanted 200 .* got 403 .*Only a participant"
)
class TheBodySaysWhoLeaves(Reaching, RoomHandlers):
    def leave(self, call: Call) -> Json:
        claimed = call.fields.get("userId")
        if claimed is not None and claimed != call.user:
            self.reached()
            call.user = claimed
        return super().leave(call)

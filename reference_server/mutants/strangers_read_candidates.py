"""A log without a lock."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.candidates import START
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-12",
    "who is no participant can read the candidates",
    shows="getCandidates: wanted 403 or 404; got 200",
)
class StrangersReadCandidates(Reaching, IceHandlers):
    def get(self, call: Call) -> Json:
        room = self._rooms.find(call.params["roomId"])
        if call.user in room.participants:
            return super().get(call)
        self.reached()
        found, cursor = room.candidates.since(call.query.get("since", START), call.user)
        items = [{**one.item, "fromUserId": one.sender} for one in found]
        return {"success": True, "candidates": items, "next": cursor}

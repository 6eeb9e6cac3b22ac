"""An echo."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.candidates import START
from reference_server.handlers import IceHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "ICE-5",
    "one's own candidates are not left out",
    shows=r"the candidates that alice sees: wanted \[]; got \['candidate:\S+ 1 udp \d+ \S+ 50001 ",
)
class OnesOwnCandidatesComeBack(Reaching, IceHandlers):
    def get(self, call: Call) -> Json:
        room = self._rooms.of_participant(call.params["roomId"], call.user)
        found, cursor = room.candidates.since(call.query.get("since", START), "")
        if any(one.sender == call.user for one in found):
            self.reached()
        items = [{**one.item, "fromUserId": one.sender} for one in found]
        return {"success": True, "candidates": items, "next": cursor}

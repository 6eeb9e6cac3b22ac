"""Nothing, with success."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant(
    "MBOX-10",
    "an empty box is answered with 200 and null",
    shows=r'getOffer: wanted 404; got 200 \{"success": true, "offer": null',
    also=["MBOX-2", "MBOX-3", "MBOX-4", "MBOX-5", "MBOX-8", "MBOX-9", "VAL-7", "CONC-1", "CONC-5"],
    why_also="they are told by a 404 that nothing is there",
)
class AnEmptyBoxIs200(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        self._rooms.of_participant(call.params["roomId"], call.user)
        try:
            return super().get(kind, call)
        except NotFound:
            self.reached()
            return {"success": True, kind: None, "type": kind, "fromUserId": None}

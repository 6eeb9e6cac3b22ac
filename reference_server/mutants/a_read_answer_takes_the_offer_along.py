"""One key for both boxes is deleted when either is read."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-9",
    "an answer that is read takes the unread offer along",
    shows="getOffer: wanted 200 .*; got 404",
    also=["CONC-5"],
    why_also="both boxes of a room are used at once there, and no order explains an offer that vanishes",
)
class AReadAnswerTakesTheOfferAlong(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        found = super().get(kind, call)
        if kind == "answer":
            self.reached()
            self._boxes["offer"].drop(call.params["roomId"])
        return found

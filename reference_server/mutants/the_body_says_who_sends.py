"""A sender taken at its word."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-13",
    "fromUserId of the body is believed",
    shows=r"fromUserId of getOffer: wanted 'alice_\w+'; got 'carol_",
    also=["AUTH-14"],
    why_also="it is acting under another user's id",
)
class TheBodySaysWhoSends(Reaching, MailHandlers):
    def send(self, kind: str, call: Call) -> Json:
        answer = super().send(kind, call)
        claimed = call.fields.get("fromUserId")
        if claimed is not None and claimed != call.user:
            self.reached()
            self._boxes[kind].put(call.fields["roomId"], call.fields[kind], claimed)
        return answer

"""Mail from nobody."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-1",
    "fromUserId of mail is who reads it, not who posted it",
    shows=r"fromUserId of getOffer: wanted 'alice_\w+'; got 'bob_",
    also=["MBOX-13", "AUTH-14"],
    why_also="they ask who the sender of a message is",
)
class MailIsFromTheReader(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        answer = super().get(kind, call)
        self.reached()
        return {**answer, "fromUserId": call.user}

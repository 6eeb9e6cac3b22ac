"""Mailboxes without a lock."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant(
    "MBOX-12",
    "who is no participant can read the offer",
    shows=r"\[offer]: getOffer: wanted 403 or 404; got 200",
    also=["PRIV-7"],
    why_also="what is sent in a room then leaves it",
)
class AnybodyReadsTheMail(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        room = self._rooms.find(call.params["roomId"])
        if call.user in room.participants:
            return super().get(kind, call)
        self.reached()
        mail = self._boxes[kind].take(room.id, call.user)
        if mail is None:
            raise NotFound(f"There is no {kind} for you.")
        return {"success": True, kind: mail.text, "type": kind, "fromUserId": mail.sender}

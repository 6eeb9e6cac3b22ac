"""Mailboxes with an open slot."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.routes import Call


@mutant(
    "MBOX-12",
    "who is no participant can post an offer",
    shows=r"\[offer]: sendOffer: wanted 403 or 404; got 200",
)
class AnybodyPostsMail(Reaching, MailHandlers):
    def send(self, kind: str, call: Call) -> Json:
        room = self._rooms.find(call.fields["roomId"])
        if call.user in room.participants:
            return super().send(kind, call)
        self.reached()
        self._boxes[kind].put(room.id, call.fields[kind], call.user)
        return {"success": True, "message": "in the box"}

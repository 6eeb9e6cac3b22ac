"""A box for a room that is not there."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant("MBOX-11", "mail to an unknown room is accepted", shows=r"\[offer]: sendOffer: wanted 404; got 200")
class MailToAnUnknownRoomIsAccepted(Reaching, MailHandlers):
    def send(self, kind: str, call: Call) -> Json:
        try:
            return super().send(kind, call)
        except NotFound:
            self.reached()
            return {"success": True, "message": "kept"}

"""One box a person instead of one a room."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant(
    "MBOX-8",
    "an empty box is looked for in the reader's other rooms",
    shows=r"rooms_do_not_see_each_others_mail\[offer]: getOffer: wanted 404; got 200",
    also=["CONC-5"],
    why_also="the same people are in several rooms there",
)
class MailLeaksBetweenRooms(Reaching, MailHandlers):
    def get(self, kind: str, call: Call) -> Json:
        try:
            return super().get(kind, call)
        except NotFound:
            for room in self._rooms.listed():
                if call.user in room.participants and self._boxes[kind].peek(room.id) is not None:
                    self.reached()
                    call.params = {"roomId": room.id}
                    return super().get(kind, call)
            raise

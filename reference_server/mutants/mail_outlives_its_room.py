"""Mail that is kept beside the rooms, and asked for by name."""

from __future__ import annotations

from typing import Any

from protocol.spec import Json
from reference_server.handlers import MailHandlers
from reference_server.mutants import Reaching, mutant
from reference_server.refusal import NotFound
from reference_server.routes import Call


@mutant(
    "MBOX-10",
    "mail is handed out when its room is gone",
    shows="of a room that all have left: wanted 404; got 200",
)
class MailOutlivesItsRoom(Reaching, MailHandlers):
    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._kept: dict[tuple[str, str], Json] = {}

    def send(self, kind: str, call: Call) -> Json:
        answer = super().send(kind, call)
        mail = {"success": True, kind: call.fields[kind], "type": kind, "fromUserId": call.user}
        self._kept[kind, call.fields["roomId"]] = mail
        return answer

    def get(self, kind: str, call: Call) -> Json:
        try:
            self._rooms.find(call.params["roomId"])
        except NotFound:
            kept = self._kept.pop((kind, call.params["roomId"]), None)
            if kept is None:
                raise
            self.reached()
            return kept
        return super().get(kind, call)

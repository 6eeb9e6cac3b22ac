"""Mail without a lifetime."""

from __future__ import annotations

from reference_server.mailbox import Mail, Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-5",
    "an unread answer never expires",
    shows="an_unread_answer_is_gone_after_its_lifetime: getAnswer: wanted 404; got 200",
    parts=["answers"],
)
class AnswersNeverExpire(Reaching, Mailbox):
    def peek(self, room_id: str) -> Mail | None:
        self.reached()
        return self._mail.get(room_id)

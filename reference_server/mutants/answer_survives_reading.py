"""A box that forgets to forget."""

from __future__ import annotations

from reference_server.mailbox import Mail, Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-3",
    "an answer is handed out again and again",
    shows="an_answer_is_read_once: getAnswer: wanted 404; got 200",
    parts=["answers"],
    also=["CONC-1", "CONC-5"],
    why_also="of many reads at once every one gets it",
)
class AnswerSurvivesReading(Reaching, Mailbox):
    def take(self, room_id: str, reader: str) -> Mail | None:
        mail = self.peek(room_id)
        if mail is None or mail.sender == reader:
            return None
        self.reached()
        return mail

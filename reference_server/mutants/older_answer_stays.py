"""First come, only served."""

from __future__ import annotations

from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-15",
    "an unread answer is not replaced by a newer one",
    shows="a_newer_answer_replaces_an_unread_one: answer of getAnswer: wanted 'v=0",
    parts=["answers"],
    also=["CONC-5"],
    why_also="answers are sent over unread ones there",
)
class OlderAnswerStays(Reaching, Mailbox):
    def put(self, room_id: str, text: str, sender: str) -> None:
        if self.peek(room_id) is not None:
            self.reached()
            return
        super().put(room_id, text, sender)

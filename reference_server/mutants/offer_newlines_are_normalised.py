"""Session descriptions in the writing of another system."""

from __future__ import annotations

from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-1",
    "CRLF in an offer becomes LF",
    shows=r"offer of getOffer: wanted 'v=0\\r\\n.*; got 'v=0\\n",
    parts=["offers"],
)
class OfferNewlinesAreNormalised(Reaching, Mailbox):
    def put(self, room_id: str, text: str, sender: str) -> None:
        self.reached()
        super().put(room_id, text.replace("\r\n", "\n"), sender)

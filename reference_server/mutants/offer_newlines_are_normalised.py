"""Session descriptions in the writing of another system."""

from __future__ import annotations

from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-1",
    "CRLF in an offer becomes LF",
    shows=r"offer of getOffer: wanted 'v=0\\r\\n.*; got 'v=0\\n",
    also=[
        "MBOX-2",
        "MBOX-6",
        "MBOX-7",
        "MBOX-8",
        "MBOX-9",
        "MBOX-12",
        "AUTH-12",
        "AUTH-14",
        "VAL-18",
        "CSRF-5",
        "CSRF-6",
        "CORS-8",
        "ENC-2",
        "CONC-1",
        "PRIV-2",
    ],
    why_also="they know an offer again by its text",
    parts=["offers"],
)
class OfferNewlinesAreNormalised(Reaching, Mailbox):
    def put(self, room_id: str, text: str, sender: str) -> None:
        self.reached()
        super().put(room_id, text.replace("\r\n", "\n"), sender)

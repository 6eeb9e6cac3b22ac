"""First come, only served."""

from __future__ import annotations

from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-7",
    "an unread offer is not replaced by a newer one",
    shows="a_newer_offer_replaces_an_unread_one: offer of getOffer: wanted 'v=0",
    also=["MBOX-6", "CONC-5"],
    why_also="offers are sent over unread ones there too",
    parts=["offers"],
)
class OlderOfferStays(Reaching, Mailbox):
    def put(self, room_id: str, text: str, sender: str) -> None:
        if self.peek(room_id) is not None:
            self.reached()
            return
        super().put(room_id, text, sender)

"""Mail without a lifetime."""

from __future__ import annotations

from reference_server.mailbox import Mail, Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-4",
    "an unread offer never expires",
    shows="an_unread_offer_is_gone_after_its_lifetime: getOffer: wanted 404; got 200",
    parts=["offers"],
)
class OffersNeverExpire(Reaching, Mailbox):
    def peek(self, room_id: str) -> Mail | None:
        self.reached()
        return self._mail.get(room_id)

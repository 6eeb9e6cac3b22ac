"""A lifetime that is cut short."""

from __future__ import annotations

from reference_server.mailbox import Mail, Mailbox
from reference_server.mutants import Reaching, mutant

EARLIER_MS = 10_000


@mutant(
    "MBOX-6",
    "an offer is gone ten seconds before its lifetime is over",
    shows="an_unread_offer_is_there_shortly_before_its_end: getOffer: wanted 200 .* got 404",
    parts=["offers"],
)
class OffersExpireEarly(Reaching, Mailbox):
    def peek(self, room_id: str) -> Mail | None:
        mail = super().peek(room_id)
        if mail is not None and self._clock.now_ms() >= mail.ends - EARLIER_MS:
            self.reached()
            return None
        return mail

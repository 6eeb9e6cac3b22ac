"""A lifetime that is too long."""

from __future__ import annotations

from reference_server.mailbox import Mail, Mailbox
from reference_server.mutants import Reaching, mutant

LONGER_MS = 10_000  # the protocol lets mail live five seconds longer, so that it can be judged at all


class LivesLonger(Reaching, Mailbox):
    """A box whose mail is there for some seconds more."""

    def peek(self, room_id: str) -> Mail | None:
        mail = self._mail.get(room_id)
        now = self._clock.now_ms()
        if mail is not None and mail.ends <= now < mail.ends + LONGER_MS:
            self.reached()
            return mail
        return super().peek(room_id)


@mutant(
    "MBOX-4",
    "unread offers live for ten seconds more than their lifetime",
    shows="an_unread_offer_is_gone_after_its_lifetime: getOffer: wanted 404; got 200",
    parts=["offers"],
)
class OffersLiveLonger(LivesLonger):
    pass

"""A lifetime counted from the wrong moment."""

from __future__ import annotations

from dataclasses import replace

from reference_server.mailbox import Mailbox
from reference_server.mutants import Reaching, mutant


@mutant(
    "MBOX-6",
    "an offer that replaces another one lives no longer than that would have",
    shows="a_newer_offers_lifetime_is_its_own: getOffer: wanted 200 .* got 404",
    parts=["offers"],
)
class OffersKeepTheFirstLifetime(Reaching, Mailbox):
    def put(self, room_id: str, text: str, sender: str) -> None:
        older = self.peek(room_id)
        super().put(room_id, text, sender)
        if older is not None and older.ends < self._mail[room_id].ends:
            self.reached()
            self._mail[room_id] = replace(self._mail[room_id], ends=older.ends)
            self._mail.move_to_end(room_id, last=False)

"""One kind of mailbox (offers, or answers): for each room it holds the newest unread message, for a while.

Who may read or post is not decided here; a message is read once, and never by its own sender.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from reference_server.clock import Clock


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as posted. `ends` is when its lifetime is over, in epoch milliseconds."""

    text: str
    sender: str
    ends: int


class Mailbox:
    """The boxes of all rooms, of one kind."""

    def __init__(self, clock: Clock, lifetime_s: int) -> None:
        self._clock = clock
        self._lifetime_ms = lifetime_s * 1000
        # All mail lives equally long and a newer one goes to the end: so it is in the order in which it ends.
        self._mail: OrderedDict[str, Mail] = OrderedDict()

    def put(self, room_id: str, text: str, sender: str) -> None:
        """Posts a message; it replaces an unread one."""
        now = self._clock.now_ms()
        while self._mail and next(iter(self._mail.values())).ends <= now:
            self._mail.popitem(last=False)
        self._mail.pop(room_id, None)
        self._mail[room_id] = Mail(text, sender, now + self._lifetime_ms)

    def peek(self, room_id: str) -> Mail | None:
        """The unread message, left where it is."""
        mail = self._mail.get(room_id)
        return mail if mail is not None and self._clock.now_ms() < mail.ends else None

    def take(self, room_id: str, reader: str) -> Mail | None:
        """The unread message, which is gone then. One's own is not there to be taken."""
        mail = self.peek(room_id)
        if mail is None or mail.sender == reader:
            return None
        del self._mail[room_id]
        return mail

    def drop(self, room_id: str) -> None:
        """The room is gone, and its mail with it."""
        self._mail.pop(room_id, None)

    def __len__(self) -> int:
        return len(self._mail)

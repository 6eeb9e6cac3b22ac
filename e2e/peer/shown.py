"""What a peer keeps of a talk: the messages as they are shown, the frames that came, those that it dropped.

All of it is bounded: whoever sends may be hostile.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

FRAMES, BYTES = 20_000, 64_000_000  # that are kept of what came
MESSAGES = 20_000
DROPPED, SHOWN_CHARS = 500, 200


@dataclass(frozen=True)
class Seen:
    """A text frame as it came: when (seconds of the peer's clock), on whose channel, and its text."""

    at: float
    peer_id: str | None
    text: str


@dataclass(frozen=True)
class Dropped:
    """A frame that was not taken, how it starts, and why."""

    text: str
    why: str


@dataclass(frozen=True)
class Message:
    """A message as it is shown. `said_at` is its timestamp."""

    id: str
    sender: str
    text: str
    said_at: str


@dataclass
class Record:
    """The frames that came and those that were dropped, the newest of them."""

    frames: deque[Seen] = field(default_factory=deque)
    dropped: deque[Dropped] = field(default_factory=lambda: deque(maxlen=DROPPED))
    _size: int = 0

    def came(self, seen: Seen) -> None:
        self.frames.append(seen)
        self._size += len(seen.text)
        while self.frames and (len(self.frames) > FRAMES or self._size > BYTES):
            self._size -= len(self.frames.popleft().text)

    def drop(self, text: str, why: str) -> None:
        self.dropped.append(Dropped(text[:SHOWN_CHARS], why))


@dataclass
class Scroll:
    """Messages as they are shown: live ones at the end, those of a sync where they belong."""

    messages: list[Message] = field(default_factory=list)
    _ids: set[str] = field(default_factory=set)
    _place: int = 0  # what was said while the channel was not open begins here, and has
    _live: int = 0  # so many messages before it ends

    def opened(self) -> None:
        """What a sync brings from now on was said before whatever comes now."""
        self._place = self._live = len(self.messages)

    @property
    def is_full(self) -> bool:
        return len(self.messages) >= MESSAGES

    def knows(self, message_id: str) -> bool:
        return message_id in self._ids

    def add(self, message: Message) -> None:
        """A message that was just said."""
        if not self.knows(message.id) and not self.is_full:
            self._ids.add(message.id)
            self.messages.append(message)

    def insert(self, message: Message) -> None:
        """A message of the history; those of one sender come in their order."""
        if self.knows(message.id) or self.is_full:
            return
        at = self._live
        while at > self._place and self._follows(self.messages[at - 1], message):
            at -= 1
        self._ids.add(message.id)
        self.messages.insert(at, message)
        self._live += 1

    @staticmethod
    def _follows(placed: Message, message: Message) -> bool:
        return placed.sender != message.sender and placed.said_at > message.said_at

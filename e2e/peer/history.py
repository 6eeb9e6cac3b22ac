"""The chains of a room as one peer knows them: made of the frames that pass, completed by sync.

The broadcaster's are whole, for every frame passes through it. A viewer's are whole once somebody answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol import frames, sync
from protocol.chain import Chain, ChainError, CompactError, canonical
from protocol.frames import Author
from protocol.spec import Json, Spec
from protocol.sync import Asking, Gap, Reason

MOST = 200  # chains that are kept
MOST_BLOCKS = 20_000  # of each


@dataclass
class Entry:
    """One sender's chain. `waiting` holds live frames while blocks before them may be missing."""

    chain: Chain
    asking: Asking
    whole: bool
    waiting: list[Json] = field(default_factory=list)


class History:
    """Every chain of one room. `author` is whose peer it is."""

    chain_class = Chain  # wrong peers have others
    asking_class = Asking

    def __init__(self, spec: Spec, author: Author, hosting: bool) -> None:
        self.spec = spec
        self.author = author
        self.hosting = hosting
        self.entries: dict[str, Entry] = {}
        self.offline: list[Gap] = []
        self._met: set[str] = set()
        self._room_key: str | None = None
        self._before_key: list[Json] = []
        self._why: Reason = "late_join"
        self._connected = False

    @property
    def chains(self) -> dict[str, Chain]:
        return {sender: entry.chain for sender, entry in self.entries.items()}

    @property
    def gaps(self) -> list[Gap]:
        return [*self.offline, *(gap for entry in self.entries.values() for gap in entry.asking.gaps)]

    def keyed(self, room_key: str) -> None:
        """The room key is known: from now on blocks can be made and verified."""
        if self._room_key is not None:
            return
        self._room_key = room_key
        for sender in sorted(self._met):
            self.meet(sender)
        for message in self._before_key:
            self.record(message)
        self._before_key.clear()

    def meet(self, sender: str) -> None:
        """There may be a chain of this sender."""
        if self._room_key is None:
            if len(self._met) < MOST:
                self._met.add(sender)
        elif sender not in self.entries and len(self.entries) < MOST:
            chain = self.chain_class(self.spec, self.author.room, sender, self._room_key)
            entry = Entry(chain, self.asking_class(self.spec, chain), self.hosting)
            self.entries[sender] = entry
            if not self.hosting and self._connected:
                entry.asking.want(self._why)

    def record(self, message: Json) -> None:
        """Takes in a valid message that was just said. Raises CompactError where no chain can hold it."""
        if self._room_key is None:
            self._before_key.append(message)
            return
        self.meet(message["senderId"])
        entry = self.entries.get(message["senderId"])
        if entry is None:
            return
        if entry.whole:
            self._append(entry, message)
        else:
            entry.waiting.append(message)

    def opened(self, again: bool) -> None:
        """The channel is open: what was said meanwhile is asked for."""
        self._connected = True
        if self.hosting:
            return
        self._why = "network_partition" if again else "late_join"
        for entry in self.entries.values():
            entry.whole = False
            entry.asking.want(self._why)

    def lost(self) -> None:
        """The channel is gone; who was asked cannot answer."""
        self._connected = False
        for entry in self.entries.values():
            if entry.asking.wanted:
                said = "the connection was lost before it answered"
                self.offline.append(Gap(entry.chain.id, entry.chain.next_number, None, "peer_offline", said))

    def requests(self, now: float) -> list[Json]:
        """The sync_requests that are due."""
        if self.hosting or not self._connected or self._room_key is None:
            return []
        found = []
        for entry in self.entries.values():
            request = entry.asking.poll(now, self.author)
            if request is not None:
                found.append(request)
            elif not entry.whole and not entry.asking.wanted:
                self._complete(entry)  # nobody answered: it goes on from here
        return found

    def answers(self, request: Json) -> list[Json]:
        """The sync_responses to a valid request."""
        entry = self.entries.get(request["chainId"].partition(":")[2])
        chain = entry.chain if entry is not None and entry.chain.id == request["chainId"] else None
        return sync.answer(self.spec, request, chain, self.author)

    def take(self, response: Json) -> list[Json]:
        """The messages that a valid sync_response brought and that were not known."""
        room, _, sender = response["chainId"].partition(":")
        if self.hosting or self._room_key is None or room != self.author.room:
            return []
        self.meet(sender)
        entry = self.entries.get(sender)
        if entry is None or entry.chain.next_number >= MOST_BLOCKS:
            return []
        found = [block.message for block in entry.asking.take(response)]
        if not entry.asking.wanted and not entry.whole:
            self._complete(entry)
        # What a chain holds goes to the page, so it has to be what a frame may be.
        return [
            message for message in found if not frames.problems_of(self.spec, frames.DEFAULT_TYPE, message)
        ]

    def chunk(self, chunk_id: int) -> list[Json]:
        """The blocks of one's own chain in a chunk."""
        entry = self.entries.get(self.author.user_id)
        return [block.record() for block in entry.chain.chunk(chunk_id)] if entry is not None else []

    def _complete(self, entry: Entry) -> None:
        entry.whole = True
        waiting, entry.waiting = entry.waiting, []
        for message in waiting:
            self._append(entry, message)

    def _append(self, entry: Entry, message: Json) -> None:
        if entry.chain.holds(message["id"]):
            return
        try:
            entry.chain.append(message, frames.timestamp())
        except ChainError:
            pass  # of another room, after a move: it has a chain of its own there


def chainable(message: Json) -> bool:
    """Whether a chain can hold the frame."""
    try:
        canonical(message)
    except CompactError:
        return False
    return True

"""What a peer shows a check: the frames that came to it, and what became of them."""

from __future__ import annotations

import json

from e2e.peer.chatter import PeerError
from e2e.peer.shown import Dropped, Message, Seen
from e2e.peer.talk import Talk
from protocol import frames
from protocol.chain import Chain
from protocol.client import User
from protocol.envelope import EnvelopeError
from protocol.frames import Author, Frame
from protocol.room_key import Cipher
from protocol.spec import Json
from protocol.sync import Gap


class View:
    """A look at one person's talk. Everything raises PeerError where there is none yet."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.spec = user.lane.spec
        self.talk: Talk | None = None

    @property
    def frames_seen(self) -> list[Seen]:
        """Every text frame that came, with its time and whose channel it came by."""
        return list(self._talk().record.frames)

    @property
    def dropped(self) -> list[Dropped]:
        """The frames that were not taken, and why."""
        return list(self._talk().record.dropped)

    @property
    def shown(self) -> list[Message]:
        return list(self._talk().scroll.messages)

    @property
    def sent(self) -> list[Json]:
        """One's own messages, as they were sent."""
        return list(self._talk().sent)

    @property
    def refusals(self) -> list[str]:
        """Why messages of one's own were not sent."""
        return list(self._talk().refusals)

    @property
    def chains(self) -> dict[str, Chain]:
        """The verified chain of each sender."""
        return self._talk().history.chains

    @property
    def gaps(self) -> list[Gap]:
        return self._talk().history.gaps

    @property
    def cipher(self) -> Cipher:
        """What the room key opens. Raises PeerError where none came."""
        cipher = self._talk().cipher
        if cipher is None:
            raise PeerError(f"{self.user.actor} was not told the room key")
        return cipher

    def status_of(self, user_id: str) -> str | None:
        """The presence of somebody, as it was told last; None where it never was."""
        person = self._talk().people.known.get(user_id)
        return person.status if person is not None and person.said else None

    def frames_of(self, user_id: str) -> list[Json]:
        """The valid frames that say they are from that person, as they came."""
        decoded = (frames.decode(self.spec, seen.text) for seen in self.frames_seen)
        valid = (frame for frame in decoded if isinstance(frame, Frame))
        return [frame.body for frame in valid if frame.sender(self.spec) == user_id]

    def contents(self) -> list[str]:
        """The texts of all messages that came, over-long ones too; sealed ones where the key opens them."""
        found = []
        for seen in self.frames_seen:
            try:
                body = json.loads(seen.text)
                sealed = body.get("encryptedData") if isinstance(body, dict) else None
                text = self.cipher.open(sealed) if isinstance(sealed, dict) else body["content"]
            except (ValueError, KeyError, TypeError, EnvelopeError):
                continue
            if isinstance(text, str):
                found.append(text)
        return found

    @property
    def author(self) -> Author:
        """Makes valid frames of this person."""
        return self._talk().author

    def _talk(self) -> Talk:
        if self.talk is None:
            raise PeerError(f"{self.user.actor} is in no room")
        return self.talk

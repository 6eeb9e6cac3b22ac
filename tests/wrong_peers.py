"""Deliberately wrong peers: one fault each, the check that has to find it, and what it complains of."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import Any

from e2e.peer import Peer
from e2e.peer.guest import Guest
from e2e.peer.history import History
from e2e.peer.link import Link
from e2e.peer.people import People
from e2e.peer.shown import Message
from e2e.peer.talk import Talk
from protocol import frames
from protocol.chain import Chain
from protocol.envelope import EnvelopeError
from protocol.frames import Frame, Refused
from protocol.room_key import Cipher
from protocol.sync import Asking


@dataclass(frozen=True)
class Wrong:
    """`check` is the function that must find it, `shows` what its complaint must have, one of them."""

    check: str
    shows: tuple[str, ...]
    peer: type[Peer]


WRONG: dict[str, Wrong] = {}


def wrong(check: str, *shows: str) -> Any:
    """Registers a wrong peer, or a wrong part of one."""

    def register(kind: type) -> type:
        WRONG[kind.__name__] = Wrong(check, shows, peer_with(kind))
        return kind

    return register


def peer_with(part: type) -> type[Peer]:
    """A peer with this part in the place of its own."""
    made = part
    for kind, name in ((Chain, "chain_class"), (Asking, "asking_class")):
        if issubclass(made, kind):
            made = type(made.__name__, (History,), {name: made})
    for kind, name in ((History, "history_class"), (Cipher, "cipher_class")):
        if issubclass(made, kind):
            made = type(made.__name__, (Talk,), {name: made})
    for kind, name in ((Talk, "talk_class"), (Guest, "guest_class"), (Link, "link_class")):
        if issubclass(made, kind):
            made = type(made.__name__, (Peer,), {name: made})
    return made


# -- PEER-1


@wrong("the_channel_is_the_chat_and_ordered", "label of the broadcaster's channel: wanted 'chat'; got 'data'")
class AnotherLabel(Link):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._channel_spec = {"label": "data", "ordered": True}


@wrong("the_channel_is_the_chat_and_ordered", "whether it is ordered and reliable: wanted True; got False")
class Unordered(Link):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._channel_spec = {"label": "chat", "ordered": False}


# -- PEER-2


@wrong("every_frame_is_valid", "typing: timestamp: is missing")
class TypingWithoutATime(Peer):
    async def start_typing(self) -> None:
        frame = self.author.typing()
        del frame["timestamp"]
        self.send_frame(frame)


@wrong("every_frame_is_valid", "presence: userName")
class PresenceWithAnEmptyName(Talk):
    def opened(self, line: Any, again: bool = False) -> None:
        super().opened(line, again)
        self.tell(line, {**self.author.presence("online"), "userName": ""})


# -- PEER-3


@wrong("messages_arrive_both_ways_in_order", "what arrived of its messages: wanted")
class SwapsMessages(Talk):
    held: Any = None

    def tell_all(self, frame: Any) -> None:
        if frame["type"] != "message":
            super().tell_all(frame)
        elif self.held is None:
            self.held = frame
        else:
            super().tell_all(frame)
            super().tell_all(self.held)
            self.held = None


@wrong("messages_arrive_both_ways_in_order", "what arrived of its messages: wanted")
class SendsTwice(Talk):
    def tell_all(self, frame: Any) -> None:
        super().tell_all(frame)
        if frame["type"] == "message":
            super().tell_all({**frame, "id": frame["id"] + "_again"})


@wrong("messages_arrive_both_ways_in_order", "what is shown of the other's messages: wanted")
class ShowsEveryThirdTwice(Talk):
    def _message(self, frame: Frame) -> None:
        super()._message(frame)
        if len(self.scroll.messages) % 3 == 0:
            last = self.scroll.messages[-1]
            self.scroll.add(dataclasses.replace(last, id=last.id + "_again"))


# -- PEER-4


@wrong("what_is_no_frame_is_ignored", "whether the channel is still open: wanted True; got False")
class HangsUpAtOddFrames(Talk):
    def receive(self, line: Any, text: str | bytes) -> None:
        if not isinstance(text, str) or isinstance(frames.decode(self.spec, text), Refused):
            self._closing = asyncio.ensure_future(line.close())
            return
        super().receive(line, text)


@wrong("what_is_no_frame_is_ignored", "what is shown of the odd frames: wanted")
class ShowsUnknownTypes(Talk):
    def receive(self, line: Any, text: str | bytes) -> None:
        super().receive(line, text)
        if isinstance(text, str) and '"nonsense"' in text:
            self.scroll.add(Message("odd", "somebody", text, ""))


# -- PEER-5


@wrong("over_long_content_is_not_sent", "as they arrived: wanted")
class SendsOverLong(Talk):
    def say(self, text: str) -> Any:
        return self.post(self.chat(text), text)


@wrong("over_long_content_is_dropped", "what is shown of the over-long ones: wanted")
class ShowsOverLongSealed(Talk):
    def open(self, message: Any) -> str | None:
        try:
            return self.cipher.open(message["encryptedData"])  # type: ignore[union-attr]
        except (EnvelopeError, KeyError):
            return super().open(message)


@wrong("over_long_content_is_dropped", "what is shown of the over-long ones: wanted")
class CountsCharacters(Talk):
    def receive(self, line: Any, text: str | bytes) -> None:
        super().receive(line, text)
        frame = frames.decode(self.spec, str(text))
        if isinstance(frame, Refused) and "content has" in frame.why:
            self.scroll.add(Message("long", "somebody", str(text), ""))


# -- PEER-6


@wrong("a_viewers_frames_carry_its_own_id", "the senders that its frames name: wanted")
class SpeaksForAnother(Talk):
    def chat(self, text: str) -> Any:
        return {**super().chat(text), "senderId": "somebody_else"}


@wrong("a_frame_of_a_foreign_sender_is_dropped", "what is forwarded of frames with another's id: wanted")
class ForwardsWhatItDrops(Talk):
    def objection(self, line: Any, frame: Frame) -> str | None:
        why = super().objection(line, frame)
        if why is not None and "is not this channel's viewer" in why:
            self.forward(line, frame)
        return why


# Whom the channel opens to only then is sent the history, with those frames in it.
@wrong(
    "a_frame_of_a_foreign_sender_is_dropped",
    "what is shown of those frames: wanted",
    "what is forwarded of frames with another's id: wanted",
)
class ShowsForeignSenders(Talk):
    def objection(self, line: Any, frame: Frame) -> str | None:
        why = super().objection(line, frame)
        if why is not None and "is not this channel's viewer" in why:
            self.take(line, frame)
        return why


# -- PEER-7


class Endless(People):
    def types(self, user_id: str, name: str, now: float) -> None:
        super().types(user_id, name, now + 1e6)


@wrong("typing_stops_by_itself", "after the last sign of it: wanted False; got True")
class TypingIsShownForEver(Talk):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.people = Endless(self.spec)


@wrong("typing_stops_by_itself", "whether it still tells of typing, with nobody typing: wanted False")
class TypesForEver(Peer):
    async def start_typing(self) -> None:
        async def on_and_on() -> None:
            while True:
                self._talk().tell_all(self.author.typing())
                await asyncio.sleep(0.2)  # soon enough for a busy machine, too

        self._start(on_and_on())


# -- PEER-8


@wrong("presence_is_online_on_open_and_offline_on_leave", "told when it left: wanted 'offline'; got 'online'")
class LeavesSilently(Peer):
    async def leave(self) -> None:
        await self.mailbox.leave()
        await self.close()


@wrong("presence_is_online_on_open_and_offline_on_leave", "channel opened: wanted 'online'; got 'away'")
class ComesAsAway(Talk):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.status = "away"

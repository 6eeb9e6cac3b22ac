"""Peer: a person with a headless chat client, as broadcaster or as viewer. A Chatter that shows the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from e2e.peer.chatter import PeerError
from e2e.peer.clock import Clock, RealClock
from e2e.peer.guest import Guest
from e2e.peer.host import Host
from e2e.peer.link import Link, Network
from e2e.peer.mailbox import Mailbox
from e2e.peer.talk import Line, Talk
from e2e.peer.view import View
from protocol import frames
from protocol.backoff import loss
from protocol.client import User
from protocol.frames import Author
from protocol.spec import Json

TICK_S = 0.25  # between two looks at what time does: silence, sync, keep-alive
KEY_S = 10.0  # for the room key to come
ARRIVE_S = 5.0  # for one message to arrive
LOOK_S = 0.005
CANCELS, CANCEL_S = 3, 1.0  # a library below may swallow a cancellation


class Peer(View):
    """`user` is who it is to the target. `encrypted`: its messages are sealed with the room key.

    Close it in the end: `close` ends every task and connection, also after a failure.
    """

    talk_class = Talk  # wrong peers have another
    guest_class = Guest
    link_class = Link

    def __init__(
        self,
        user: User,
        ice_servers: Sequence[Mapping[str, Any]],
        *,
        relay_only: bool = True,
        encrypted: bool = True,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(user)
        self.id = user.id
        self.name = user.name
        self.encrypted = encrypted
        self.clock = clock or RealClock()
        self.network = Network(ice_servers, relay_only)
        self.mailbox = Mailbox(user)
        self.host: Host | None = None
        self.guest: Guest | None = None
        self.troubles: list[str] = []
        self.lost: list[tuple[float, str]] = []  # when a link was lost (the clock's seconds) and why
        self._links: list[Link] = []  # all that are not closed, open or not
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    # -- a Chatter

    async def create_room(self) -> str:
        """Makes a room and broadcasts in it. Raises PeerError."""
        room = await self.mailbox.create()
        self._enter(hosting=True)
        self.host = Host(self.spec, self.mailbox, self._new_link, self._opened, self._room_gone)
        self._start(self.host.run())
        return room

    async def join(self, room: str) -> None:
        """Joins as a viewer; returns when the channel is open and the room key is here. Raises PeerError."""
        await self.mailbox.join(room)
        self._enter(hosting=False)
        self.guest = self.guest_class(self.spec, self.mailbox, self.clock, self._new_link)
        self._opened(await self.guest.connect())
        self._start(self._beats())
        await self._key()

    async def say(self, text: str) -> None:
        """Sends a message; one that is over-long is refused (`refusals`)."""
        self._talk().say(text)

    async def messages(self) -> list[str]:
        return [message.text for message in self._talk().scroll.messages]

    async def start_typing(self) -> None:
        self._talk().tell_all(self._talk().author.typing())

    async def typing(self) -> bool:
        return bool(self._talk().people.typing(self.clock.now()))

    async def online(self) -> list[str]:
        return self._talk().people.online()

    async def leave(self) -> None:
        """Says so on every channel and to the target, and closes."""
        talk = self._talk()
        talk.status = "offline"
        talk.tell_all(talk.author.presence("offline"))
        await asyncio.gather(*(link.drain() for link in self.links))
        await self.mailbox.leave()
        await self.close()

    async def gap_reasons(self) -> list[str]:
        return [gap.reason for gap in self.gaps]

    # -- where it is

    @property
    def room(self) -> str:
        return self._talk().author.room

    @property
    def links(self) -> list[Link]:
        """The open channels."""
        return [link for link in self._links if link.is_open]

    @property
    def channel(self) -> Link:
        """The first open channel. Raises PeerError where there is none."""
        links = self.links
        if not links:
            raise PeerError(f"{self.user.actor} has no open channel{self._trouble()}")
        return links[0]

    # -- what a well-behaved client would not do by itself

    def send_raw(self, text: str | bytes) -> None:
        """Sends any frame on every channel. Raises PeerError where none is open."""
        _ = self.channel
        for link in self.links:
            link.send(text)

    def send_frame(self, frame: Json) -> None:
        """Sends a frame as it is, without keeping it in a chain."""
        self.send_raw(frames.encode(frame))

    async def say_as(
        self,
        text: str,
        *,
        name: str | None = None,
        display_name: str | None = None,
        emoji: list[str] | None = None,
    ) -> None:
        """Sends a message under another name, or one that says which `emoji` it has, by their ids."""
        talk = self._talk()
        message = talk.chat(text)
        if name is not None:
            message["senderName"] = name
        if display_name is not None:
            message["senderDisplayName"] = display_name
        if emoji is not None:
            message["customEmojiIds"] = emoji
        talk.post(message, text)

    def answer_by(self, answer: Callable[[Json], list[Json]] | None) -> None:
        """From now on sync_requests are answered by this; None: truthfully again."""
        self._talk().answer_by = answer

    async def drop(self) -> None:
        """Closes every connection without a word."""
        await asyncio.gather(*(link.close() for link in self.links))

    def hold_offers(self) -> None:
        """A broadcaster that leaves knocks unanswered, until `serve_offers`."""
        if self.host is not None:
            self.host.serving.clear()

    def serve_offers(self) -> None:
        if self.host is not None:
            self.host.serving.set()
            self.host.stir()

    @property
    def knocks(self) -> list[tuple[float, str]]:
        """When (monotonic seconds) candidates of whom were seen by the broadcaster."""
        return list(self.host.knocks) if self.host is not None else []

    async def latencies_of(self, speaker: Peer, count: int) -> list[float]:
        """Milliseconds that each of so many messages of another peer takes to be shown here, one after the
        other. Raises PeerError for one that does not come.
        """
        found = []
        scroll = self._talk().scroll
        for number in range(count):
            started = time.perf_counter()
            message = speaker._talk().say(f"{number}")
            if message is None:
                raise PeerError(f"{speaker.user.actor} refused to send a message")
            while not scroll.knows(message["id"]):
                if time.perf_counter() - started > ARRIVE_S:
                    raise PeerError(f"message {number + 1} of {count} did not arrive within {ARRIVE_S:g} s")
                await asyncio.sleep(0)
            found.append((time.perf_counter() - started) * 1000)
        return found

    # -- its life

    async def close(self) -> None:
        """Ends every task and connection, without a word to anybody. Never raises; may be called again."""
        self._closed = True
        for _ in range(CANCELS):
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            if tasks:
                await asyncio.wait(tasks, timeout=CANCEL_S)
        await asyncio.gather(*(link.close() for link in self._links), return_exceptions=True)
        self._links.clear()

    def _enter(self, *, hosting: bool) -> None:
        if self._closed:
            raise PeerError(f"{self.user.actor} was closed")
        author = Author(self.id, self.name, self.mailbox.room)
        self.talk = self.talk_class(
            self.spec,
            author,
            self.mailbox.host_id,
            hosting=hosting,
            encrypted=self.encrypted,
            clock=self.clock,
        )
        self.talk.on_gone = self._said_goodbye
        self.talk.on_move = self._moved
        self._start(self._ticks())

    async def _key(self) -> None:
        """Waits for the room key, asking for it once. A room without one goes on in plain text."""
        talk = self._talk()
        until = time.monotonic() + KEY_S
        asked = False
        while talk.cipher is None and time.monotonic() < until:
            if not asked and time.monotonic() > until - KEY_S / 2:
                talk.tell_all(talk.author.room_key_request())
                asked = True
            await asyncio.sleep(LOOK_S)

    def _start(self, task: Coroutine[Any, Any, Any]) -> None:
        made = asyncio.create_task(task)
        self._tasks.add(made)
        made.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.troubles.append(f"{type(error).__name__}: {error}")

    def _trouble(self) -> str:
        host = self.host.troubles if self.host is not None else []
        found = [*self.troubles, *host, *(why for _, why in self.lost)]
        return f" ({found[-1]})" if found else ""

    # -- links

    def _new_link(self) -> Link:
        link = self.link_class(self.spec, self.network, self.clock, self._heard, self._changed)
        self._links.append(link)
        return link

    def _heard(self, link: Link, text: str | bytes) -> None:
        self._talk().receive(link, text)

    def _opened(self, link: Link) -> None:
        self._talk().opened(link, again=bool(self.lost))

    def _changed(self, link: Link) -> None:
        if not self._closed and self.talk is not None and link in self.talk.links and not link.is_open:
            self._lose(link, f"connectionState is {link.state}")

    def _lose(self, link: Link, why: str) -> None:
        """A link is lost: a viewer comes back on schedule, a broadcaster waits for its knock."""
        talk = self._talk()
        if link not in talk.links:
            return
        talk.closed(link)
        self._forget(link)
        self.lost.append((self.clock.now(), why))
        if self.host is not None:
            self.host.stir()
        elif self.guest is not None:
            self._start(self._return(self.guest))

    def _forget(self, link: Link) -> None:
        """Closes it in the background."""
        self._start(link.close())

    async def _return(self, guest: Guest) -> None:
        lost_at = self.lost[-1][0]
        try:
            self._opened(await guest.reconnect(lost_at))
        except PeerError as error:
            self.troubles.append(str(error))

    def _said_goodbye(self, line: Line, user_id: str) -> None:
        """Somebody left: a broadcaster ends its channel, a viewer of a broadcaster does not come back."""
        if line.peer_id == user_id and isinstance(line, Link):
            self._talk().closed(line)
            self._forget(line)

    # -- rooms that move

    def _room_gone(self) -> None:
        self._start(self._make_another_room())

    async def _make_another_room(self) -> None:
        """The target has forgotten the room: a new one, whose id the others are told."""
        await self.mailbox.create()
        talk = self._talk()
        talk.tell_all(talk.author.chat(self.mailbox.room, kind="system"))
        talk.move(self.mailbox.room)

    def _moved(self, room: str) -> None:
        if self.guest is not None and self.mailbox.room != room:
            self._start(self.mailbox.join(room))

    # -- time

    async def _ticks(self) -> None:
        policy = self.spec.asyncapi["x-policy"]
        talk = self._talk()
        while True:
            await self.clock.sleep(TICK_S)
            now = self.clock.now()
            for link in [one for one in self._links if one in talk.links]:
                link.listen()
                why = loss(self.spec, link.state, link.heard_at, now)
                if why is not None:
                    self._lose(link, why)
                elif now - link.sent_at >= policy["keep_alive"]:
                    talk.tell(link, talk.author.presence(talk.status))
            self._links = [one for one in self._links if one.state != "closed" or one in talk.links]
            talk.ask()

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(self.spec.timings["heartbeat_interval"])
            await self.mailbox.beat()

"""A peer that writes down when each step of its way into a room was done; otherwise one like any other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from e2e.peer import Peer
from e2e.peer.link import Link
from e2e.peer.mailbox import Mail, Mailbox
from e2e.peer.talk import Line, Talk
from protocol.frames import DEFAULT_TYPE, Frame

ICE_DONE = ("connected", "completed")


class Steps(dict[str, float]):
    """When (seconds of time.perf_counter) each step was done last: a retry writes over the one before."""

    def mark(self, step: str) -> None:
        self[step] = time.perf_counter()


class TimedLink(Link):
    """Marks `gathered` (candidates are had, so the TURN server has allocated), `ice`, `dtls` and `open`."""

    steps: Steps

    def watch(self, steps: Steps) -> None:
        self.steps = steps
        self._connection.on("iceconnectionstatechange", self._ice_changed)

    async def offer(self) -> str:
        sdp = await super().offer()
        self.steps.mark("gathered")
        return sdp

    async def answer(self, offer: str) -> str:
        sdp = await super().answer(offer)
        self.steps.mark("gathered")
        return sdp

    def _ice_changed(self) -> None:
        if self._connection.iceConnectionState in ICE_DONE:
            self.steps.setdefault("ice", time.perf_counter())

    def _changed(self) -> None:
        if self._connection.connectionState == "connected":
            self.steps.setdefault("dtls", time.perf_counter())
        super()._changed()

    def _opened(self) -> None:
        self.steps.mark("open")
        super()._opened()


class TimedMailbox(Mailbox):
    """Marks `joined`, `posted` and `read`, and keeps what was posted and read."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.steps = Steps()
        self.posted: list[str] = []
        self.read: list[str] = []
        self.has_posted = asyncio.Event()

    async def join(self, room: str) -> None:
        await super().join(room)
        self.steps.mark("joined")

    async def post_offer(self, sdp: str) -> None:
        self.posted.append(sdp)  # before it is sent: it may be read before the answer to its sender is here
        await super().post_offer(sdp)
        self._posted()

    async def post_answer(self, sdp: str) -> None:
        self.posted.append(sdp)
        await super().post_answer(sdp)
        self._posted()

    def _posted(self) -> None:
        self.steps.mark("posted")
        self.has_posted.set()

    async def take_offer(self) -> Mail | None:
        return self._read(await super().take_offer())

    async def take_answer(self) -> Mail | None:
        return self._read(await super().take_answer())

    def _read(self, mail: Mail | None) -> Mail | None:
        if mail is not None:
            self.steps.mark("read")
            self.read.append(mail.sdp)
            for step in ("gathered", "posted") if self.user.id != self.host_id else ():
                self.steps.pop(step, None)  # of an offer that led nowhere
        return mail


class TimedTalk(Talk):
    """Tells of each message when it is shown."""

    on_shown: Callable[[str], None] = staticmethod(lambda name: None)

    def take(self, line: Line, frame: Frame) -> None:
        super().take(line, frame)
        if frame.type == DEFAULT_TYPE and self.scroll.knows(frame.body["id"]):
            self.on_shown(frame.body["id"])


class TimedPeer(Peer):
    """`steps` are its way into the room; `shown` says when each message of others was shown."""

    talk_class = TimedTalk
    link_class = TimedLink

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.box = TimedMailbox(self.user)
        self.mailbox = self.box
        self.steps = self.box.steps
        self.shown_at: dict[str, float] = {}

    def say_timed(self, text: str) -> tuple[str, float] | None:
        """Sends a message: its id, and when it was sent; None where it was refused."""
        sent_at = time.perf_counter()
        message = self._talk().say(text)
        return (message["id"], sent_at) if message is not None else None

    @property
    def trouble(self) -> str:
        """What it noted last of all that went wrong, "" where nothing did."""
        host = self.host.troubles if self.host is not None else []
        guest = self.guest.troubles if self.guest is not None else []
        found = [*self.troubles, *host, *guest, *(why for _, why in self.lost)]
        return found[-1] if found else ""

    def _enter(self, *, hosting: bool) -> None:
        super()._enter(hosting=hosting)
        assert isinstance(self.talk, TimedTalk)
        self.talk.on_shown = self._was_shown

    def _was_shown(self, name: str) -> None:
        self.shown_at.setdefault(name, time.perf_counter())

    def _new_link(self) -> Link:
        link = super()._new_link()
        assert isinstance(link, TimedLink)
        link.watch(self.steps)
        for step in ("ice", "dtls", "open"):  # of a link that led nowhere
            self.steps.pop(step, None)
        return link

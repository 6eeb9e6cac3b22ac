"""The broadcaster's side of signaling: an offer for whoever needs one, one at a time, and its answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from e2e.peer.chatter import PeerError
from e2e.peer.link import Link
from e2e.peer.mailbox import Mailbox
from protocol.backoff import GONE
from protocol.spec import Spec

SOON_S = 0.1  # the first look after something happened; each next one waits longer
OPEN_S = 15.0  # from the answer to the open channel


class Host:
    """Posts offers and hands over links. `new_link` makes one, `on_open` gets it with its channel open."""

    def __init__(
        self,
        spec: Spec,
        mailbox: Mailbox,
        new_link: Callable[[], Link],
        on_open: Callable[[Link], None],
        on_room_gone: Callable[[], None],
    ) -> None:
        self._timings = spec.timings
        self._mailbox = mailbox
        self._new_link = new_link
        self._on_open = on_open
        self._on_room_gone = on_room_gone
        self._first = True  # the spec has an offer posted at creation
        self._needy: set[str] = set()  # who knocked and has no connection
        self._more = False  # the room has more participants than channels
        self._opening: set[asyncio.Task[None]] = set()
        self._by_viewer: dict[str, Link] = {}
        self._changed = time.monotonic()
        self._wake = asyncio.Event()
        self.serving = asyncio.Event()
        self.serving.set()
        self.knocks: list[tuple[float, str]] = []  # when (monotonic seconds) and whose
        self.troubles: list[str] = []

    def stir(self) -> None:
        """Something happened that makes a look worth while soon."""
        self._changed = time.monotonic()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled. What goes wrong with one offer is noted, and the next one tried."""
        beat = asyncio.create_task(self._beats())
        try:
            while True:
                try:
                    await self._once()
                except PeerError as error:
                    self.troubles = [*self.troubles[-50:], str(error)]
                    await asyncio.sleep(self._timings["poll_interval"])
        finally:
            beat.cancel()
            for task in list(self._opening):
                task.cancel()

    async def _once(self) -> None:
        if not (self._first or self._needy or self._more) or not self.serving.is_set():
            await self._rest()
            await self._look()
            return
        self._first = self._more = False
        self._needy.clear()  # who still finds none knocks again
        link = self._new_link()
        taken = False
        try:
            await self._mailbox.post_offer(await link.offer())
            taken = await self._answered(link)
        finally:
            if not taken:
                await link.close()

    async def _answered(self, link: Link) -> bool:
        """Waits for the answer to this offer, as long as nobody needs another one."""
        until = time.monotonic() + self._timings["offer_lifetime"] + self._timings["poll_interval"]
        knocked_at: float | None = None
        looked_at = time.monotonic()
        self._changed = looked_at
        while time.monotonic() < until:
            mail = await self._mailbox.take_answer()
            if mail is not None:
                await link.accept(mail.sdp)
                link.peer_id = mail.sender
                if mail.sender is not None:
                    self._needy.discard(mail.sender)
                    self._by_viewer[mail.sender] = link
                self._open_soon(link)
                return True
            await self._rest()
            # A knock beside an offer: it was taken, and who took it may not answer.
            if time.monotonic() - looked_at >= self._timings["poll_interval"]:
                looked_at = time.monotonic()
                if await self._look() and knocked_at is None:
                    knocked_at = looked_at
            patience = self._timings["participant_look_interval"]
            if knocked_at is not None and time.monotonic() - knocked_at > patience:
                return False
        return False

    def _open_soon(self, link: Link) -> None:
        async def opens() -> None:
            try:
                async with asyncio.timeout(OPEN_S):
                    await link.opened.wait()
            except TimeoutError:
                self.troubles = [*self.troubles[-50:], f"no channel to {link.peer_id} within {OPEN_S:g} s"]
                await link.close()
            else:
                self._on_open(link)

        task = asyncio.create_task(opens())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        self.stir()

    async def _look(self) -> bool:
        """Whether somebody without a connection has knocked since the last look."""
        found = await self._mailbox.knocks()
        now = time.monotonic()
        self.knocks = [*self.knocks[-500:], *((now, viewer) for viewer in found)]
        needy = {viewer for viewer in found if not self._is_linked(viewer)}
        if needy:
            self._needy |= needy
            self._changed = now
        return bool(needy)

    def _is_linked(self, viewer: str) -> bool:
        """Whether it has a channel, or one that is about to open."""
        link = self._by_viewer.get(viewer)
        return link is not None and link.state not in GONE

    async def _rest(self) -> None:
        """Until the next look: soon after something happened, then as seldom as the spec has it."""
        quiet = time.monotonic() - self._changed
        if quiet > self._timings["poll_timeout"]:
            pause: float = self._timings["participant_look_interval"]
        else:
            pause = min(max(SOON_S, quiet / 4), self._timings["poll_interval"])
        self._wake.clear()
        try:
            # Not wait_for, which in Python 3.11 may swallow a cancellation that comes with the event.
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _beats(self) -> None:
        while True:
            await asyncio.sleep(self._timings["heartbeat_interval"])
            count = await self._mailbox.beat()
            if self._mailbox.gone:
                self._on_room_gone()
            elif count is not None and count > 1 + sum(link.is_open for link in self._by_viewer.values()):
                self._more = True
                self.stir()

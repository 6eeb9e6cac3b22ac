"""The viewer's side of signaling: knocks, takes an offer, answers it; comes back after a loss on schedule."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from e2e.peer.chatter import PeerError
from e2e.peer.clock import Clock
from e2e.peer.link import Link
from e2e.peer.mailbox import Mail, Mailbox
from protocol.backoff import Backoff, Schedule
from protocol.spec import Spec

SOON_S = 0.1
OPEN_S = 15.0


class Guest:
    """Gets a link to the broadcaster. `new_link` makes one."""

    def __init__(self, spec: Spec, mailbox: Mailbox, clock: Clock, new_link: Callable[[], Link]) -> None:
        self._spec = spec
        self._mailbox = mailbox
        self._clock = clock
        self._new_link = new_link
        self.schedule = Schedule.of(spec)
        self.tries: list[float] = []  # seconds after the last loss at which each try started
        self.troubles: list[str] = []

    async def connect(self, within_s: float | None = None) -> Link:
        """A link with its channel open. Polls for at most `within_s` seconds (else the spec's time-out).

        Raises PeerError.
        """
        timings = self._spec.timings
        patience = timings["poll_timeout"] if within_s is None else min(within_s, timings["poll_timeout"])
        most = self._spec.limits["knocks"]
        started = time.monotonic()
        knocks = 0
        while time.monotonic() - started <= patience:
            mail = await self._mailbox.take_offer()
            if mail is not None:
                link = await self._answer(mail)
                if link is not None:
                    return link
                await asyncio.sleep(SOON_S)  # a box that is never empty is not emptied without a pause
                continue
            waited = time.monotonic() - started
            # The knocks are spread over the time that they may take.
            if knocks < most and waited >= knocks * timings["poll_timeout"] / most:
                knocks += 1
                await self._mailbox.knock()
            await asyncio.sleep(min(max(SOON_S, waited / 4), timings["poll_interval"]))
        trouble = f" ({self.troubles[-1]})" if self.troubles else ""
        raise PeerError(
            f"no offer of {self._mailbox.room} led to a channel within {patience:g} s, "
            f"with {knocks} knocks{trouble}"
        )

    async def _answer(self, mail: Mail) -> Link | None:
        link = self._new_link()
        link.peer_id = self._mailbox.host_id or mail.sender
        try:
            await self._mailbox.post_answer(await link.answer(mail.sdp))
            async with asyncio.timeout(OPEN_S):
                await link.opened.wait()
        except (PeerError, TimeoutError) as error:
            self.troubles.append(str(error) or f"no channel within {OPEN_S:g} s of the answer")
            await link.close()
            return None
        except BaseException:
            await link.close()
            raise
        return link

    async def reconnect(self, lost_at: float) -> Link:
        """A new link, tried for on schedule. Raises PeerError once all tries were in vain."""
        backoff = Backoff(self.schedule, lost_at)
        self.tries = []
        error = PeerError("no tries are scheduled")
        while (due := backoff.due) is not None:
            await self._clock.sleep(due - self._clock.now())
            if not backoff.start(self._clock.now()):
                continue
            self.tries.append(self._clock.now() - lost_at)
            following = backoff.due
            try:
                # A try ends when the next one is due.
                return await self.connect(following - self._clock.now() if following is not None else None)
            except PeerError as found:
                error = found
        raise PeerError(f"{len(self.tries)} tries to come back were in vain: {error}")

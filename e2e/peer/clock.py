"""The time of a peer: real, or a test's own."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds of one's own, and how to let them pass."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeClock:
    """Time that passes by `advance` only."""

    def __init__(self, start: float = 1000.0) -> None:
        self._now = start
        self._waiting: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        entry = (self._now + seconds, asyncio.Event())
        self._waiting.append(entry)
        try:
            await entry[1].wait()
        finally:
            self._waiting.remove(entry)

    async def advance(self, seconds: float, step: float = 0.5) -> None:
        """Lets so many seconds pass in small steps; who is due goes on in between."""
        until = self._now + seconds
        while self._now < until:
            self._now = min(self._now + step, until)
            for due, event in list(self._waiting):
                if due <= self._now:
                    event.set()
            for _ in range(5):  # what was woken runs, and what that wakes
                await asyncio.sleep(0)

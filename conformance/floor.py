"""Who may act now: many checks in company, or one alone. One who sleeps holds no place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Floor:
    """At most `places` checks act at once. One that wants to be alone waits until no company wants in,
    so that the timers of waiting checks all start early. Those who wake go before all who have not begun,
    and over the number of places if need be: what they came to see is there for some seconds only.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._acting = 0
        self._wanting = 0
        self._waking = 0
        self._someone_alone = False
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def place(self, *, alone: bool) -> AsyncIterator[Place]:
        place = Place(self, alone)
        await place.enter()
        try:
            yield place
        finally:
            await place.leave()

    async def enter(self, alone: bool) -> None:
        """For who has not begun yet."""
        async with self._changed:
            if alone:
                await self._changed.wait_for(
                    lambda: not (self._acting or self._wanting or self._waking or self._someone_alone)
                )
                self._someone_alone = True
                return
            self._wanting += 1
            try:
                await self._changed.wait_for(
                    lambda: not (self._someone_alone or self._waking) and self._acting < self._places
                )
            finally:
                self._wanting -= 1
                self._changed.notify_all()
            self._acting += 1

    async def enter_again(self, alone: bool) -> None:
        """For who slept: only one who is alone, or for one who is to be alone any company, is waited for."""
        async with self._changed:
            self._waking += 1
            try:
                await self._changed.wait_for(lambda: not self._someone_alone and not (alone and self._acting))
            finally:
                self._waking -= 1
                self._changed.notify_all()
            if alone:
                self._someone_alone = True
            else:
                self._acting += 1

    async def leave(self, alone: bool) -> None:
        async with self._changed:
            if alone:
                self._someone_alone = False
            else:
                self._acting -= 1
            self._changed.notify_all()


class Place:
    """One check's place on the floor; `sleep` gives it up for the time being."""

    def __init__(self, floor: Floor, alone: bool) -> None:
        self._floor = floor
        self._alone = alone
        self._held = False

    async def enter(self) -> None:
        await self._floor.enter(self._alone)
        self._held = True

    async def leave(self) -> None:
        if self._held:
            self._held = False
            # A check that was cancelled must give its place back all the same.
            await asyncio.shield(self._floor.leave(self._alone))

    async def sleep(self, seconds: float) -> None:
        """Sleeps without holding the place, then takes it again."""
        await self.leave()
        await asyncio.sleep(seconds)
        await self._floor.enter_again(self._alone)
        self._held = True

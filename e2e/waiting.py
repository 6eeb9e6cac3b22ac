"""Waiting for what should come: looks again and again, for a bounded time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Seen = TypeVar("Seen")
PATIENCE_S = 10.0  # what ought to take milliseconds may take seconds on a busy machine
LOOK_S = 0.1


async def eventually(
    look: Callable[[], Awaitable[Seen]],
    holds: Callable[[Seen], bool],
    within_s: float = PATIENCE_S,
    *,
    after_change: bool = False,
) -> Seen:
    """What was seen at last: as soon as it holds, else when the time is over. With `after_change` that begins
    again whenever something else is seen. Judging it is the caller's.
    """
    until = time.monotonic() + within_s
    before: Seen | None = None
    while True:
        seen = await look()
        if after_change and seen != before:
            before, until = seen, time.monotonic() + within_s
        if holds(seen) or time.monotonic() > until:
            return seen
        await asyncio.sleep(LOOK_S)


def among(shown: list[str], sent: list[str]) -> list[str]:
    """Which of the texts that were sent are shown, in the order of the page. A widget shows names and times
    with them, so a text is known by its being contained.
    """
    return [text for line in shown for text in sent if text in line]

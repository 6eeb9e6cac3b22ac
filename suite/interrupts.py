"""Ctrl-C in a run: it ends early, with what was found, or at once where nothing was found yet."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
POLITE = (signal.SIGINT, signal.SIGTERM)
WITH_ITS_TERMINAL = (*POLITE, signal.SIGHUP)


async def interruptible(
    work: Coroutine[Any, Any, T], stop: Callable[[], bool], signals: Iterable[signal.Signals] = POLITE
) -> T:
    """Awaits the work, in the main thread. A signal asks `stop` to end it early; where that says False, since
    there is nothing yet that it could tell or it was asked before, the work is cancelled.

    Raises asyncio.CancelledError then.
    """
    running = asyncio.ensure_future(work)

    def interrupted() -> None:
        if not stop():
            running.cancel()

    loop = asyncio.get_running_loop()
    signals = tuple(signals)
    for number in signals:
        loop.add_signal_handler(number, interrupted)
    try:
        return await running
    finally:
        for number in signals:
            loop.remove_signal_handler(number)

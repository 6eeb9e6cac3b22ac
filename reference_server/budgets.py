"""Budgets: how many times somebody may do a thing within a window.

The windows are fixed: one opens with the first counted request and ends a window length later. Each
operation has its own. Time comes from the caller's clock; nothing here sleeps. Asking and counting are two
steps, so that only a request that was answered is counted; no other request may run in between (one loop,
no await).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from protocol.spec import Budget
from reference_server.clock import Clock
from reference_server.refusal import TooMany

Key = str | tuple[str, ...]

SWEPT_AT_ONCE = 16  # ended windows forgotten per new one: no request pays for all
MOST = 100_000  # windows of one operation: when so many run, nobody new is let in until one ends


class _Window:
    __slots__ = ("count", "ends")

    def __init__(self, ends: int) -> None:
        self.ends = ends
        self.count = 0


class Budgets:
    """The windows of every operation that has a budget."""

    def __init__(self, clock: Clock, budgets: Mapping[str, Budget]) -> None:
        self._clock = clock
        self._budgets = dict(budgets)
        self._windows: dict[str, OrderedDict[Key, _Window]] = {}
        self.clear()

    def clear(self) -> None:
        """Forgets every window."""
        # A window never moves once open, so each dict is in the order in which its windows end.
        self._windows = {name: OrderedDict() for name in self._budgets}

    def check(self, operation: str, key: Key) -> None:
        """Raises TooMany where nothing is left for this key; counts nothing.

        A new key is refused too while as many windows run as are kept: whoever made up others' addresses by
        the hundred thousand had the spent windows of real people forgotten.
        """
        windows = self._windows[operation]
        window = windows.get(key)
        if window is None:
            if len(windows) < MOST:
                return
            window = next(iter(windows.values()))
        elif window.count < self._budgets[operation].limit:
            return
        now = self._clock.now_ms()
        if now < window.ends:
            raise TooMany.until(window.ends, now)

    def left(self, operation: str, key: Key) -> int:
        """How many requests of this key the running window still grants."""
        window = self._windows[operation].get(key)
        running = window is not None and self._clock.now_ms() < window.ends
        return self._budgets[operation].limit - (window.count if window is not None and running else 0)

    def spend(self, operation: str, key: Key) -> None:
        """Counts one request of this key, and opens a window where none is running."""
        windows = self._windows[operation]
        window = windows.get(key)
        now = self._clock.now_ms()
        if window is None or now >= window.ends:
            if window is not None:
                del windows[key]
            self._sweep(windows, now)
            window = windows[key] = _Window(now + self._budgets[operation].window * 1000)
        window.count += 1

    def open_windows(self) -> int:
        """How many windows are kept in memory."""
        return sum(len(windows) for windows in self._windows.values())

    @staticmethod
    def _sweep(windows: OrderedDict[Key, _Window], now: int) -> None:
        for _ in range(SWEPT_AT_ONCE):
            if not windows or next(iter(windows.values())).ends > now:
                return
            windows.popitem(last=False)

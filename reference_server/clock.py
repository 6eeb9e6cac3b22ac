"""The clock that rooms, mail, budgets and TURN expiry live by. Token checks never use it.

Test control moves a MovableClock forward; nothing here sleeps.
"""

from __future__ import annotations

import time


class Clock:
    """The real time."""

    def now_ms(self) -> int:
        """Whole milliseconds since the epoch."""
        return int(time.time() * 1000)

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.now_ms() / 1000


class MovableClock(Clock):
    """The real time plus an offset that only grows until it is reset."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now_ms(self) -> int:
        return int((time.time() + self.offset) * 1000)

    def advance(self, seconds: float) -> None:
        self.offset += seconds

    def reset(self) -> None:
        self.offset = 0.0

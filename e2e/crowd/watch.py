"""How busy a process of the generator is: CPU, and how much later than asked its event loop wakes up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from e2e.crowd.figures import Spread, spread

LOOK_S = 0.05
MOST_CPU = 0.9  # of one core: a Python process beyond that has work waiting most of the time
MOST_LAG_MS = 50.0  # at the 95th hundredth: half of what the objective allows a message in the median


@dataclass(frozen=True)
class Load:
    """`cpu` is the share of one core, over `seconds`; `lag_ms` how late the loop woke up."""

    seconds: float
    cpu: float
    lag_ms: Spread

    @property
    def limit(self) -> str:
        """Why this process was the limit, in words; "" where it was not."""
        if self.cpu > MOST_CPU:
            return f"a process of the generator took {self.cpu:.0%} of a core (more than {MOST_CPU:.0%})"
        lag = self.lag_ms["p95"]
        if lag is not None and lag > MOST_LAG_MS:
            return f"the generator woke up {lag:.0f} ms late at p95 (more than {MOST_LAG_MS:g} ms)"
        return ""


class Watch:
    """As an async context manager: looks from its beginning to its end."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._task: asyncio.Task[None] | None = None
        self._from = self._cpu_from = 0.0

    async def __aenter__(self) -> Self:
        self._from, self._cpu_from = time.perf_counter(), time.process_time()
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()

    def load(self) -> Load:
        """Since the beginning."""
        seconds = time.perf_counter() - self._from
        cpu = (time.process_time() - self._cpu_from) / seconds if seconds else 0.0
        return Load(seconds, cpu, spread(self._late))

    async def _look(self) -> None:
        while True:
            asked = time.perf_counter() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._late.append(max(0.0, time.perf_counter() - asked) * 1000)

"""Is the generator the limit? Its CPU, how late its greenlets wake up, and what that says of a run.

The rule is docs/decisions/0018-who-was-the-limit.md. `generator_limit` is pure; `Watch` measures.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

import gevent
import psutil

from load.histograms import Histogram, microseconds

Stall = tuple[float, float]  # when the probe was to wake, and when it did

PROBE_S = 0.02
STALL_S = 0.001  # less is what every loop takes to go round
KEPT_S = 60.0  # how long a stall is remembered: no request takes longer to be answered or given up
# One core is all that a Python process has; above this, what it sends is what it could, not what was asked.
CPU_FULL = 0.95
# Of a second, the share that a probe spent waiting to be woken: beyond it every start and every answer was
# late.
LAG_FULL = 0.25
# So much of the measured time may the generator be full, or users be missing, and the run still counts: a
# machine in CI shudders, and a worker that is lost is missed within seconds.
# At least so many seconds, so that a short run does not end by one.
FULL_SHARE, FULL_S = 0.1, 3
# Starts that come this late at the 95th percentile, while answers take less than half of it, are our own
# doing.
LATE_MS = 50.0
USERS_SHARE = 0.95  # of those asked for must have been there


def is_full(cpu: float, lag: Histogram, processes: int = 1) -> bool:
    """Whether the generator was saturated in a second. `lag` has the probes of all its processes."""
    return cpu >= CPU_FULL or lag.sum_s >= LAG_FULL * max(1, processes)


def generator_limit(
    *,
    seconds: int,
    full: int,
    cpu: float,
    late: Mapping[str, float | None],
    service: Mapping[str, float | None],
    users: int,
    asked: int,
    noted: int,
    short: int,
) -> str:
    """Why the load was not offered as asked: one sentence, or "" where it was.

    `seconds` were measured, in `full` of them the generator was saturated, with `cpu` of a core on average;
    `late` and `service` are percentiles in ms; `users` were there at most of those `asked` for. In `noted`
    measured seconds somebody looked how many there are, and in `short` of them too few were there.
    """
    if full >= FULL_S and full > FULL_SHARE * seconds:
        return (
            f"the generator was saturated in {full} of {seconds} measured seconds (CPU {cpu:.0%} of a core "
            "on average): use fewer users, more processes, or another machine"
        )
    late_ms, took_ms = late["p95"] or 0.0, service["p99"] or 0.0
    if late_ms > LATE_MS and took_ms < late_ms / 2:
        return (
            f"one request in twenty began {late_ms:.0f} ms late or later, though answers took {took_ms:.0f} "
            "ms (p99): the generator did not keep its pace"
        )
    if is_short(users, asked):
        return f"only {users} of the {asked} users asked for were ever there"
    if short >= FULL_S and short > FULL_SHARE * noted:
        return f"in {short} of {noted} measured seconds too few of the users asked for were there"
    return ""


def is_short(users: int, asked: int) -> bool:
    """Whether too few of the users asked for are there."""
    return users < USERS_SHARE * asked


class Watch:
    """A greenlet that sleeps and sees how late it wakes up, and the process's use of its CPU."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        self.lag: list[int] = []
        self.stalls: deque[Stall] = deque()
        self.cpu = 0.0
        self._now = now
        self._process = psutil.Process()
        self._last = (now(), self._used())
        self._probe: gevent.Greenlet | None = None

    def start(self) -> None:
        self.lag = []
        self.stalls.clear()
        self._last = (self._now(), self._used())
        if self._probe is None or self._probe.dead:
            self._probe = gevent.spawn(self._sleep_and_see)

    def stop(self) -> None:
        if self._probe is not None:
            self._probe.kill(block=False)
            self._probe = None

    def take(self) -> tuple[list[int], float]:
        """The lags in us since the last call, and the CPU since then as a share of one core."""
        now, used = self._now(), self._used()
        before, used_before = self._last
        if now - before > 0.1:  # the clock of the CPU is too coarse for less
            self.cpu = (used - used_before) / (now - before)
            self._last = (now, used)
        lag, self.lag = self.lag, []
        return lag, self.cpu

    def _used(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def _sleep_and_see(self) -> None:
        while True:
            due = self._now() + PROBE_S
            gevent.sleep(PROBE_S)
            woke = self._now()
            self.lag.append(microseconds(woke - due))
            if woke - due > STALL_S:
                self.stalls.append((due, woke))
                while self.stalls[0][1] < woke - KEPT_S:
                    self.stalls.popleft()

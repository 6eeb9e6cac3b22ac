"""after, eventually, a_moment: how a check lets time pass. Under test control the clock moves instead.

Expressions such as `offer_lifetime + grace_after` name timings of policy.yaml.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Protocol

from protocol.operations import Answer
from suite.expectations import Inconclusive, NotRun

POLL_S = 0.25
MOMENT_S = 1.1  # servers may keep time in whole seconds


class Passing(Protocol):
    """How time passes for the attempt that runs now (engine.py gives it)."""

    max_wait: float

    def seconds(self, expression: str) -> int: ...

    async def pass_time(self, seconds: float) -> None: ...

    def now(self) -> float: ...


passing: ContextVar[Passing] = ContextVar("how time passes")


async def after(expression: str, since: Answer | None = None) -> None:
    """Returns once that time has passed since the answer came (or since now)."""
    how = passing.get()
    wait = how.seconds(expression)
    elapsed = time.monotonic() - since.ended if since is not None else 0.0
    await how.pass_time(max(0.0, wait - elapsed))


async def after_seconds(seconds: float) -> None:
    """Lets so many seconds pass, for what is no timing of the policy: a budget's window."""
    await passing.get().pass_time(seconds)


def target_time() -> float:
    """What the target's clock shows now, in seconds since the epoch, as far as the clocks agree."""
    return passing.get().now()


async def a_moment() -> None:
    """Lets the target's clock move on visibly, so that what comes next is later than what was."""
    await asyncio.sleep(MOMENT_S)


def still_within(expression: str, since: Answer) -> None:
    """What must happen within a time is judged only if this machine was quick enough: else inconclusive."""
    how = passing.get()
    if time.monotonic() - since.started > how.seconds(expression):
        raise Inconclusive(
            f"the harness was too slow to ask within {how.seconds(expression)} s ({expression})"
        )


async def eventually(probe: Callable[[], Awaitable[Answer]], within: str, *, status: int = 200) -> Answer:
    """Asks again and again until the status comes, and returns that answer; after `within`, the last one.

    Where the run's --max-wait is shorter and the status has not come by then, the check is not run.
    """
    how = passing.get()
    allowed = how.seconds(within)
    start = time.monotonic()
    while True:
        answer = await probe()
        spent = time.monotonic() - start
        if answer.status == status or spent >= allowed:
            return answer
        if spent >= how.max_wait:
            raise NotRun(f"needs up to {allowed} s of waiting; --max-wait allows {how.max_wait:g} s", "time")
        await asyncio.sleep(POLL_S)

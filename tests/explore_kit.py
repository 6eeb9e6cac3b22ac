"""An arena for tests: the embedded reference server, or a wrong one, with everything that explores it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from report_kit import SPEC

from conformance.explore.stage import Arena
from conformance.session import Session
from conformance.settings import Settings

Came = TypeVar("Came")
STUCK_S = 300.0


@asynccontextmanager
async def arena(mutant: str | None = None, *, seed: int = 1, **settings: object) -> AsyncIterator[Arena]:
    """The reference server (or a mutant of it) as a process, and an arena over it."""
    session = Session(Settings(mutant=mutant, write_log=False, **settings), SPEC)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        world = await session.open(stack)
        yield Arena(world, seed)


def within(play: Callable[[Arena], Awaitable[Came]], mutant: str | None = None, **how: object) -> Came:
    """What the play returns, within bounds of time."""

    async def run() -> Came:
        async with asyncio.timeout(STUCK_S), arena(mutant, **how) as there:  # type: ignore[arg-type]
            return await play(there)

    return asyncio.run(run())

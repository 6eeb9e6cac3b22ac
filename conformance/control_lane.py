"""The control lane: a check that fails is tried on our own reference server, on the same machine.

Where it fails there too, the machine or the check is at fault and not the target: a harness error. The server
is started when it is first wanted. What passes between the two is not logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from conformance.cast import World
from conformance.engine import Engine, Options, Result, settled
from conformance.registry import Job
from protocol.mint import Minter, MintError
from protocol.target import Target
from reports.verdicts import Verdict
from suite.embedded import Embedded
from suite.server_process import StartError

MakeWorld = Callable[[AsyncExitStack, Target, Minter], World]


class ControlLane:
    """`make_world` makes what checks need of a target, its minter and a stack that ends it."""

    def __init__(
        self, stack: AsyncExitStack, server: Embedded, make_world: MakeWorld, options: Options
    ) -> None:
        self._stack = stack
        self._server = server
        self._make_world = make_world
        self._options = options
        self._engine: Engine | None = None
        self._starting = asyncio.Lock()

    async def judge(self, job: Job) -> Result:
        """What the check says of the reference server, tried as a failed check is; it raises nothing."""
        try:
            engine = await self._started()
        except (StartError, MintError) as error:
            return Result(Verdict.NOT_RUN, "", reason=f"the control lane did not start: {error}")
        tries: list[Result] = []
        await engine.attempt(job, tries)
        return settled(job, tries)

    async def _started(self) -> Engine:
        async with self._starting:
            if self._engine is None:
                self._stack.callback(self._server.end)
                target = await asyncio.to_thread(self._server.start)
                world = self._make_world(self._stack, target, self._server.minter)
                self._engine = Engine(world, [], [], self._options, lambda record: None)
            return self._engine

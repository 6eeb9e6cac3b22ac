"""The method `faults`: schedules on a bad way, between us and the target, and clients that try again once.

A proxy of ours on the loopback (proxy.py) does the harm: some steps are late, torn, lost or sent twice, as
the seed says and the schedule shows (`bob:join!unheard`). The target is never told.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box, ReplayError
from conformance.explore.schedules.explorer import Case, Explorer, kept
from conformance.explore.schedules.playing import LOST, TWICE, UNKNOWN, UNSENT, fault
from conformance.explore.schedules.proxy import AGAIN, CUT, EARLY, HEADER, KINDS, LATE, TORN, FaultProxy
from conformance.explore.schedules.proxy import TWICE as DOUBLED
from conformance.explore.schedules.schedule import ABANDONED, Schedule, Step
from conformance.explore.schedules.schedules import plays_for
from conformance.explore.stage import Arena, Report
from protocol.operations import Answer, Request
from protocol.wire import Wire

NAME = "faults"
HTTP_ONLY = "faults are tried over http only"
ONE_IN = 4  # steps meets a fault
TURNS = ("two people in turn", "two people, some steps at once")


class FaultyWire(Wire):
    """A wire through the proxy. What is to go wrong is said by playing.fault, and so is what did."""

    def __init__(self, plain: Wire, proxy: FaultProxy) -> None:
        super().__init__(replace(plain.options, base_url=proxy.base_url))
        self._proxy = proxy
        self._tickets = count()

    async def send(self, request: Request) -> Answer:
        wanted = fault.get()
        if wanted is None:
            return await super().send(request)
        kind, ways = wanted
        ticket = str(next(self._tickets))
        answer = await super().send(request.with_header(HEADER, f"{kind} {ticket}"))
        answered = self._proxy.fate(ticket).answered
        if kind == EARLY:
            ways.append(UNSENT)
        elif kind == ABANDONED:
            ways.append(UNKNOWN)
        elif kind in (LATE, TORN, CUT) and answered:
            ways.append(LOST)
        elif kind in (DOUBLED, AGAIN) and answered == 2:
            ways.append(TWICE)
        return answer


class Faults:
    """See the module."""

    name = NAME

    def __init__(self, arena: Arena, corpus: Path | None = None) -> None:
        self.covered = Covered()
        self._arena = arena
        self._corpus = corpus
        self._plays = plays_for(arena.world.spec, arena.world.target)
        self._explorer = Explorer(arena, NAME, self.covered, {})
        self.cases = self._all()

    async def run(self, box: Box, report: Report) -> None:
        if not possible(self._arena):
            self.covered.notes = [f"not run: {HTTP_ONLY}"]
            return
        async with AsyncExitStack() as stack:
            self._explorer.stage = await faulty_stage(stack, self._arena)
            await self._explorer.run(self.cases, box, report)
        totals = {
            family: f"{self._plays.count_two(at_once=family == TURNS[1]):,} schedules, with faults drawn"
            for family in TURNS
        }
        self.covered.notes = self._explorer.notes(totals)

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        """Raises ReplayError, also where no fault can be done."""
        if not possible(self._arena):
            raise ReplayError(HTTP_ONLY)
        async with AsyncExitStack() as stack:
            self._explorer.stage = await faulty_stage(stack, self._arena)
            return await self._explorer.replayed(replay)

    def _all(self) -> Iterator[Case]:
        yield from kept(self._corpus, NAME)
        chance = self._arena.chance(NAME)
        while True:
            for family in TURNS:
                schedule = self._plays.any(chance, at_once=family == TURNS[1])
                yield family, with_faults(chance, schedule)


def with_faults(chance: random.Random, schedule: Schedule) -> Schedule:
    """One step at least goes wrong on its way."""

    def harmed(step: Step, sure: bool) -> Step:
        return replace(step, fault=chance.choice(KINDS)) if sure or chance.randrange(ONE_IN) == 0 else step

    struck = chance.randrange(len(schedule))
    return tuple(
        tuple(harmed(step, sure=place == struck) for step in group) for place, group in enumerate(schedule)
    )


def possible(arena: Arena) -> bool:
    return arena.world.target.base_url.startswith("http://")


async def faulty_stage(stack: AsyncExitStack, arena: Arena) -> dict[str, Any]:
    """What a stage needs so that all goes through a proxy, for as long as the stack lasts."""
    proxy = await stack.enter_async_context(FaultProxy(arena.world.target.base_url))
    wire = FaultyWire(arena.world.wire, proxy)
    stack.push_async_callback(wire.close)
    return {"lane": {"wire": wire}}

"""A world around the reference server, or a mutant of it, for methods that play schedules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice

from report_kit import SPEC

from conformance.cast import World
from conformance.explore.findings import Finding
from conformance.explore.method import Box
from conformance.explore.schedules.faults import Faults
from conformance.explore.schedules.schedules import Schedules
from conformance.explore.stage import Arena
from protocol.transcript import Transcript
from suite import opening
from suite.embedded import Embedded

LONGEST_S = 120.0  # that a test waits for what is bounded otherwise


@asynccontextmanager
async def arena(mutant: str | None = None, seed: int = 1) -> AsyncIterator[Arena]:
    embedded = Embedded(SPEC, mutant=mutant)
    try:
        target = embedded.start()
        wire = opening.open_wire(target, "explore")
        transcript = Transcript(lambda record: None, target.base_url)
        try:
            yield Arena(World(SPEC, target, embedded.minter, transcript, wire, opening.new_run_id()), seed)
        finally:
            await wire.close()
    finally:
        embedded.end()


async def first(method: Schedules | Faults) -> Finding:
    """The first finding; fails where there is none."""
    found: list[Finding] = []
    box = Box(LONGEST_S)

    def report(finding: Finding) -> None:
        found.append(finding)
        box.stopped.set()

    await method.run(box, report)
    assert found, "nothing was found"
    return found[0]


async def some(method: Schedules | Faults, plays: int) -> list[Finding]:
    """All findings of so many plays."""
    found: list[Finding] = []
    method.cases = islice(method.cases, plays)
    await method.run(Box(LONGEST_S), found.append)
    assert method.covered.cases == plays
    return found

"""Runs the methods of conformance/fuzz against an embedded server, right or wrong, for some seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from conformance.cast import World
from conformance.control import TestControl
from conformance.explore.findings import Finding
from conformance.explore.method import Box, Method
from conformance.explore.stage import Arena
from protocol import spec as spec_module
from protocol.mint import Minter
from protocol.target import Target
from protocol.transcript import Transcript
from suite import opening
from suite.embedded import Embedded

SPEC = spec_module.load()


@dataclass
class Ran:
    """What a run brought. `at` are the seconds after which each finding came."""

    findings: list[Finding] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    methods: list[Method] = field(default_factory=list)
    seconds: float = 0.0

    def requirements(self) -> set[str | None]:
        return {finding.complaint.requirement for finding in self.findings}


@asynccontextmanager
async def arena_of(target: Target, minter: Minter, seed: int, *, control: bool = False) -> Any:
    wire = opening.open_wire(target, "fuzzed")
    secret = SPEC.policy["names"]["secret_fields"]
    world = World(
        SPEC,
        target,
        minter,
        Transcript(lambda record: None, target.base_url, secret),
        wire,
        opening.new_run_id(),
        TestControl(SPEC, wire) if control else None,
    )
    try:
        yield Arena(world, seed)
    finally:
        await wire.close()


def attack(
    make: Callable[[Arena], Sequence[Method]],
    seconds: float,
    *,
    mutant: str | None = None,
    seed: int = 1,
    until: Callable[[Finding], bool] = lambda finding: False,
) -> Ran:
    """Runs the methods in turns of a few seconds until time is up, or a finding is the one looked for."""
    server = Embedded(SPEC, mutant=mutant)
    try:
        target = server.start()
        return asyncio.run(attack_target(make, target, server.minter, seconds, seed=seed, until=until))
    finally:
        server.end()


async def attack_target(
    make: Callable[[Arena], Sequence[Method]],
    target: Target,
    minter: Minter,
    seconds: float,
    *,
    seed: int = 1,
    until: Callable[[Finding], bool] = lambda finding: False,
) -> Ran:
    async with arena_of(target, minter, seed) as arena:
        ran = Ran(methods=list(make(arena)))
        whole = Box(seconds)

        def report(finding: Finding) -> None:
            ran.findings.append(finding)
            ran.at.append(time.monotonic() - whole.started)
            if until(finding):
                whole.stopped.set()

        while not whole.over:
            for method in ran.methods:
                await method.run(Box(min(5.0, whole.left_s), whole.stopped), report)
        ran.seconds = time.monotonic() - whole.started
        return ran

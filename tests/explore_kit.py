"""An arena over the embedded reference server, or over one of its mutants, for tests of attack methods."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from conformance.cast import World
from conformance.control import TestControl
from conformance.explore.stage import Arena
from protocol import spec as spec_module
from protocol.transcript import Transcript
from suite import opening
from suite.embedded import Embedded

SPEC = spec_module.load()


@asynccontextmanager
async def arena(mutant: str | None = None, *, seed: int = 1, control: bool = True) -> AsyncIterator[Arena]:
    server = Embedded(SPEC, mutant=mutant)
    try:
        target = server.start()
        run_id = opening.new_run_id()
        wire = opening.open_wire(target, run_id)
        silent = Transcript(lambda record: None, target.base_url, brief=True)
        clock = TestControl(SPEC, wire) if control else None
        try:
            yield Arena(World(SPEC, target, server.minter, silent, wire, run_id, clock), seed)
        finally:
            await wire.close()
    finally:
        server.end()

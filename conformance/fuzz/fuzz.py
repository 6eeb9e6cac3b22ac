"""The method `fuzz`: Schemathesis over the spec, and faults of credentials, mail and budgets in between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.explore import corpus
from conformance.explore.findings import Covered, Finding
from conformance.explore.method import Box
from conformance.explore.stage import Arena, Report
from conformance.fuzz.cases import Cases, complaint_of
from conformance.fuzz.plans import CHAIN, Plan, Step
from conformance.fuzz.runner import Runner, operations_of
from conformance.fuzz.trials import Trial
from protocol.mint import MintError
from protocol.operations import Answer, Request
from reports.reproduction.fault import Complaint

LOOKS = 0.25  # the share of ordinary trials after which it is looked what a refusal has left behind
SEALED_SHARE, PLAIN_SHARE = 0.05, 0.5  # by bearer: an envelope costs tens of milliseconds to open


class Fuzz:
    name = "fuzz"

    def __init__(self, arena: Arena, folder: Path | None = None) -> None:
        """Past findings are replayed first: those that ship, and those of the folder."""
        self.covered = Covered()
        self._arena = arena
        self._runner = Runner(arena, self.name, self.covered, self._look)
        self._corpus = list(corpus.entries(corpus.SHIPPED, folder))
        self._cases: Cases | None = None
        self._plan: Plan | None = None
        self._steps = 0

    async def run(self, box: Box, report: Report) -> None:
        if self._plan is None:
            await asyncio.to_thread(self._make)
        assert self._plan is not None
        try:
            while not box.over:
                if self._corpus:
                    entry = self._corpus.pop(0)
                    if entry.method == self.name:
                        await self._runner.replay(entry, box, report)
                    continue
                await self._step(await asyncio.to_thread(self._plan.next), box, report)
        except MintError as error:
            await self._runner.nobody(error)
        finally:
            await self._runner.end_scene()
        self.covered.notes = [*notes(self.covered, operations_of(self._arena)), *self._runner.notes]

    async def again(self, replay: Mapping[str, Any]) -> Finding | None:
        if self._plan is None:
            await asyncio.to_thread(self._make)
        return await self._runner.again(replay)

    # -- inside

    def _make(self) -> None:
        target = self._arena.world.target
        share = 0.0
        if len(target.deliveries) > 1:
            share = SEALED_SHARE if target.encrypted.get("bearer") else PLAIN_SHARE
        self._cases = Cases(self._arena.world.spec, operations_of(self._arena), share)
        self._plan = Plan(self._arena, self._cases)

    async def _step(self, step: Step, box: Box, report: Report) -> None:
        self._steps += 1
        look = self._arena.chance("look", self._steps).random() < LOOKS
        if step.source == CHAIN:
            await self._chain(step, box, report)
        else:
            await self._runner.play(step.script, box, report, look=look, fresh=step.fresh)

    async def _chain(self, step: Step, box: Box, report: Report) -> None:
        """Schemathesis decides in a thread what comes next; what it asks for is performed here."""
        assert self._cases is not None
        cases, loop = self._cases, asyncio.get_running_loop()
        scene = await self._runner.scene()
        lacking: list[MintError] = []

        def send(trial: Trial) -> tuple[Request, Answer] | None:
            if box.over or lacking or scene.too_long:
                return None
            performing = self._runner.perform(scene, trial)
            try:
                sent = asyncio.run_coroutine_threadsafe(performing, loop).result()
                return None if scene.too_long else sent
            except MintError as error:  # no matter of Schemathesis, which would take it for its own
                lacking.append(error)
                return None

        await asyncio.to_thread(cases.chain, step.seed, self._arena.chance("chain", step.seed), send)
        self.covered.cases += 1
        await self._runner.harvest(scene, box, report)
        if lacking:
            raise lacking[0]

    def _look(self, trial: Trial, request: Request, answer: Answer) -> Complaint | None:
        assert self._cases is not None
        return complaint_of(self._cases.known(trial.operation), trial.operation, request, answer)


def shallow(covered: Covered, operations: Iterable[str]) -> list[str]:
    """The operations that nobody was ever answered with 2xx to: of these nothing is known."""
    return [name for name in operations if not covered.accepted.get(name)]


def notes(covered: Covered, operations: Sequence[str]) -> list[str]:
    missing = shallow(covered, operations)
    told = [f"{len(operations) - len(missing)} of {len(operations)} operations accepted"]
    return told + ([f"never accepted, so not tried in earnest: {', '.join(missing)}"] if missing else [])

"""One run from start to finish: target, tokens, lease, preflight, engine, run log. Knows no pytest.

`run(settings)` is what `parley score` and the pytest plugin share.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

from conformance import delivery, doctor, plan, registry
from conformance.budget import Budget
from conformance.cast import World
from conformance.control import ControlError, TestControl
from conformance.control_lane import ControlLane
from conformance.engine import Engine, Options
from conformance.lease import Lease
from conformance.registry import Job
from conformance.settings import Settings, scope_of
from protocol import spec as spec_module
from protocol.mint import Minter
from protocol.spec import Spec
from protocol.target import Target
from protocol.transcript import Transcript
from reports.runlog import RunLogWriter, verdict_record
from reports.verdicts import Verdict
from suite import embedded, opening
from suite.browser import Browsers
from suite.proofs import killed
from suite.server_process import ServerProcess

Record = dict[str, Any]
Listener = Callable[[Record], None]
GENTLE_PER_SECOND = 5.0
DEADLINE_S = 600.0  # without --deadline: so long, and the longest wait allowed
RESET_S = 5.0  # for putting a moved clock back, when the run is over


class Beside(Protocol):
    """Suites that are run after this one's checks, while the target is there (parley/beside.py)."""

    @property
    def decides(self) -> frozenset[str]: ...

    @property
    def fitness(self) -> list[str]: ...

    @property
    def planned(self) -> list[str]:
        """The checks that are to be asked, named as their attempts are."""

    def target(self, target: Target) -> Target: ...

    async def run(
        self,
        minter: Minter,
        folder: Path,
        seed: int,
        stopped: str,
        emit: Callable[[Record], None],
        left_s: float | None,
    ) -> None:
        """`stopped`: why the run has ended already, if it has; `left_s`: seconds that it may still take."""

    def stop(self, reason: str) -> None: ...


class SessionError(Exception):
    """The run cannot start; one line says why. Nothing was decided."""


class Session:
    """Runs once. `listeners` see every record of the run log as it is made."""

    def __init__(self, settings: Settings, spec: Spec, listeners: Iterable[Listener] = ()) -> None:
        self.settings = settings
        self.spec = spec
        self.listeners = list(listeners)
        self.run_dir: Path | None = None
        self.engine: Engine | None = None
        self.embedded: embedded.Embedded | None = None
        self.beside: Beside | None = None
        """What is run after the checks; set before the run."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: asyncio.Task[str | None] | None = None
        self._stopped = ""
        self.target_pid: int | None = None
        """The process that the target was started as, where this session started it."""

    async def run(self, jobs: Iterable[Job] | None = None, observed: Iterable[str] = ()) -> Path:
        """Does the whole run and returns its folder.

        Raises SessionError, TargetError, SelectionError or LeaseTaken, each with one line.

        `jobs` narrows the run to these (pytest's -k) and to the observers of the requirements `observed`;
        without it every check in scope is run.
        """
        self._loop = asyncio.get_running_loop()
        registry.load_checks()
        # A selector that names nothing is said before anything is started.
        scope_of(self.settings, self.spec)
        chosen = list(jobs) if jobs is not None else all_jobs(self.spec)
        async with AsyncExitStack() as stack:
            target = await self._target(stack)
            if self.beside is not None:
                target = self.beside.target(target)
            scope = self._scope(target)
            if jobs is not None:
                named = {job.check.requirement for job in chosen} | set(observed)
                scope = [requirement for requirement in scope if requirement.id in named]
            control = self._moves_clock(target)
            stack.enter_context(Lease(target.base_url, control=control))
            return await self._run(stack, target, control, scope, chosen)

    def _scope(self, target: Target) -> list[spec_module.Requirement]:
        """What is asked of this target: of a client only where its checks are run too."""
        here = {"server", "delivery", *(["client"] if self.beside is not None else [])}
        claimed = [name for name in target.profiles if self.spec.profiles[name].subject in here]
        return scope_of(self.settings, self.spec, claimed)

    def stop(self, reason: str) -> None:
        """Ends the run early, from any thread; what is undecided becomes not-run with this reason."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop, reason)

    def _stop(self, reason: str) -> None:
        self._stopped = self._stopped or reason
        if self.engine is not None:
            self.engine.stop(reason)
        elif self._look is not None:
            self._look.cancel()
        if self.beside is not None:
            self.beside.stop(reason)

    async def _target(self, stack: AsyncExitStack) -> Target:
        settings = self.settings
        if settings.embedded:
            server = embedded.Embedded(
                self.spec, settings.spec_dir, settings.mutant, outlive=settings.max_wait
            )
            stack.callback(server.end)
            self._minter = server.minter
            self.embedded = server
            found = await asyncio.to_thread(server.start)
            self.target_pid = server.server.pid if server.server is not None else None
            return found
        target = opening.load_target(
            settings.target, settings.target_file, self.spec, settings.cdn_url, settings.cdn_version
        )
        self._minter = stack.enter_context(Minter(self.spec, target, outlive=settings.max_wait))
        if settings.start:
            if target.start is None:
                raise SessionError("--start: the target file has no [start] command")
            process = ServerProcess(target.start.command, log=target.start.log, stop=target.start.stop)
            stack.callback(process.end)
            await asyncio.to_thread(process.start)
            self.target_pid = process.pid
            ready = target.start.ready_url or target.base_url + "/health"
            patience, stopped = target.start.ready_timeout, lambda: bool(self._stopped)
            await asyncio.to_thread(process.wait_until_ready, ready, patience, stopped)
        return target

    def _moves_clock(self, target: Target) -> bool:
        if self.settings.time == "control" and not target.test_control:
            raise SessionError("--time control: the target file does not claim test_control")
        return target.test_control and self.settings.time != "real"

    async def _run(
        self,
        stack: AsyncExitStack,
        target: Target,
        control: bool,
        scope: list[spec_module.Requirement],
        jobs: list[Job],
    ) -> Path:
        settings = self.settings
        run_id = opening.new_run_id()
        seed = settings.seed if settings.seed is not None else secrets.randbelow(1_000_000)
        self.run_dir = settings.run_dir or opening.default_run_dir(target.name)
        listeners = list(self.listeners)
        if settings.write_log:
            listeners.insert(0, stack.enter_context(RunLogWriter(self.run_dir)))
        budget = Budget(settings.budget) if settings.budget is not None else None
        if budget is not None:
            listeners.append(budget)
        counts: dict[str, int] = {}

        def emit(record: Record) -> None:
            if record["type"] == "verdict":
                counts[record["verdict"]] = counts.get(record["verdict"], 0) + 1
            for listener in listeners:
                listener(record)

        world = self._world(stack, target, self._minter, run_id, control, emit)
        world.seed = seed
        minter = self._minter
        bounds = plan.Bounds(
            max_wait=min(settings.max_wait, settings.budget or settings.max_wait),
            max_wait_by="--budget"
            if settings.budget and settings.budget < settings.max_wait
            else "--max-wait",
            control=control,
            gentle=settings.gentle,
            can_sign=minter.can_craft,
            beside=self.beside.decides if self.beside is not None else frozenset(),
            listed_users=minter.capacity,
        )
        todo = plan.make_plan(self.spec, target, scope, jobs, registry.OBSERVERS, bounds)
        started = time.monotonic()
        emit(self._header(target, run_id, seed, control, todo))
        for record in todo.settled:
            emit(record)
        deadline_s = settings.deadline or DEADLINE_S + (0 if control else settings.max_wait)
        reason = await self._first_look(world, deadline_s)
        if reason is not None:
            todo.jobs, todo.observers = [], emit_not_run(todo, reason, emit)
        options = Options(
            seed=seed,
            concurrency=self._concurrency(),
            max_wait=settings.max_wait,
            deadline_s=max(0.0, started + deadline_s - time.monotonic()),
            confirm=settings.confirm,
            budget_s=budget.left_s if budget is not None else None,
        )
        lane = self._lane(stack, options) if self._has_lane else None
        self.engine = Engine(
            world, todo.jobs, todo.observers, options, emit, lane, budget.rounds if budget else None
        )
        try:
            await self.engine.run()
        finally:
            if world.control is not None and reason is None:
                try:
                    async with asyncio.timeout(RESET_S):
                        await world.control.reset()
                except (ControlError, TimeoutError):
                    pass  # the target is gone; its checks have said so
            if self.beside is not None:
                why = reason or self.engine.stopped
                left_s = budget.left_s if budget is not None else None
                await self.beside.run(minter, self.run_dir, seed, why, emit, left_s)
            seconds = time.monotonic() - started
            footer = opening.footer(seconds, counts, reason or self.engine.stopped)
            emit({**footer, "budget": budget.kept(todo.intended)} if budget is not None else footer)
        return self.run_dir

    @property
    def _has_lane(self) -> bool:
        return self.settings.control_lane and self.embedded is None

    def _lane(self, stack: AsyncExitStack, options: Options) -> ControlLane:
        def make_world(stack: AsyncExitStack, target: Target, minter: Minter) -> World:
            return self._world(stack, target, minter, opening.new_run_id(), True, lambda record: None)

        server = embedded.Embedded(self.spec, self.settings.spec_dir)
        return ControlLane(stack, server, make_world, options)

    def _world(
        self,
        stack: AsyncExitStack,
        target: Target,
        minter: Minter,
        run_id: str,
        control: bool,
        emit: Listener,
    ) -> World:
        per_second = GENTLE_PER_SECOND if self.settings.gentle else self.settings.per_second
        wire = opening.open_wire(target, run_id, per_second)
        stack.push_async_callback(wire.close)
        cdn_wire = browsers = None
        if target.cdn is not None:
            cdn_wire = opening.open_wire(target, run_id, per_second, target.cdn)
            stack.push_async_callback(cdn_wire.close)
            browsers = Browsers(cdn_wire.options)
            stack.push_async_callback(browsers.close)
        return World(
            self.spec,
            target,
            minter,
            Transcript(
                emit,
                target.base_url,
                self.spec.policy["names"]["secret_fields"],
                brief=not self.settings.write_log,
            ),
            wire,
            run_id,
            TestControl(self.spec, wire) if control else None,
            delivery_wire=cdn_wire,
            browsers=browsers,
        )

    async def open(self, stack: AsyncExitStack) -> World:
        """The target and what it takes to speak to it, without a run; `stack` ends it."""
        target = await self._target(stack)
        control = self._moves_clock(target)
        run_id = opening.new_run_id()
        return self._world(stack, target, self._minter, run_id, control, lambda record: None)

    async def examine(self) -> AsyncIterator[doctor.Finding]:
        """`parley target check`: whether the target can be scored, without scoring it."""
        registry.load_checks()
        async with AsyncExitStack() as stack:
            world = await self.open(stack)
            async for finding in doctor.examine(world, self.settings.profiles):
                yield finding

    def _concurrency(self) -> int:
        if self._minter.capacity is not None:
            return 1  # a static list lends its few people to one check at a time
        return 2 if self.settings.gentle else self.settings.concurrency

    async def _first_look(self, world: World, deadline_s: float) -> str | None:
        """The preflight, cut short by the deadline and by stop()."""
        self._look = asyncio.create_task(self._preflight(world))
        if self._stopped:
            self._look.cancel()
        try:
            async with asyncio.timeout(deadline_s):
                return await self._look
        except TimeoutError:
            return f"the deadline of {deadline_s:g} s was over before {world.target.base_url} had answered"
        except asyncio.CancelledError:
            if not self._stopped:
                raise
            return self._stopped

    async def _preflight(self, world: World) -> str | None:
        """Why nothing can be scored at all, or None. Also puts a controlled clock back to now."""
        if self.settings.delivery_only:
            return await delivery.unreachable(world)
        reason = await doctor.unreachable(world)
        if reason is None and world.control is not None:
            try:
                await world.control.reset()
            except ControlError as error:
                return f"{error}; use --time real, or mend test_control in the target file"
        return reason

    def _header(self, target: Target, run_id: str, seed: int, control: bool, todo: plan.Plan) -> Record:
        settings, beside = self.settings, self.beside
        options = {
            "time": "control" if control else "real",
            "max_wait": settings.max_wait,
            "concurrency": settings.concurrency,
            "gentle": settings.gentle,
            "confirm": settings.confirm,
            "control_lane": self._has_lane,
            "profiles": list(settings.profiles),
            "requirements": list(settings.requirements),
            "embedded": self.embedded is not None,
            "mutant": settings.mutant,
            "target_file": opening.public(settings.target_file),
            "start": settings.start,
            "budget": settings.budget,
        }
        header = opening.header(self.spec, target, run_id, seed, options, todo.intended, killed())
        header["planned"] = [job.id for job in todo.jobs] + (beside.planned if beside is not None else [])
        return header if beside is None else {**header, "fitness": beside.fitness}


def all_jobs(spec: Spec) -> list[Job]:
    """Every job of every registered check, in the order of the spec's requirements."""
    order = {requirement_id: index for index, requirement_id in enumerate(spec.requirements)}
    jobs: list[Job] = []
    for check in registry.CHECKS:
        registry.requirement_of(check, spec)
        jobs.extend(registry.jobs_of(check, spec))
    return sorted(jobs, key=lambda job: order[job.check.requirement])


def emit_not_run(todo: plan.Plan, reason: str, emit: Listener) -> list[registry.Observer]:
    """Settles all that was still to be run; returns what observers are left: none."""
    for job in todo.jobs:
        emit(verdict_record(job.check.requirement, job.check.name, Verdict.NOT_RUN, reason, case=job.case))
    for observer in todo.observers:
        emit(verdict_record(observer.requirement, observer.name, Verdict.NOT_RUN, reason, cause="stopped"))
    return []

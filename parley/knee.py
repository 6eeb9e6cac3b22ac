"""`parley knee`: how much load does a deployment carry before it breaks its promises?"""

from __future__ import annotations

import argparse
import asyncio
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from conformance import registry
from conformance.cast import World
from conformance.engine import Engine, Options
from conformance.registry import Job
from conformance.session import Session, all_jobs
from conformance.settings import Settings, load_spec
from load import knee as searching
from load import memory, profiles, verdicts
from load.knee import Knee, Step
from load.profiles import MOST_USERS
from load.running import LoadError, Order, Running
from parley import load_log, target_options
from parley.load import memory_of, reachable, seed_of, settings_of, told
from parley.progress import KneeProgress
from protocol.spec import Spec
from reports import knee as reporting
from reports import objectives
from reports.runlog import Record, RunLogWriter
from reports.verdicts import Verdict
from suite import guard, opening

# What is asked beside the load, by people of its own: exactly once, exact counts, isolation, a budget, no
# 5xx. No races, which are hundreds of requests in a burst: the users of the load race, and check as much.
SAMPLED = ("MBOX-2", "MBOX-3", "MBOX-8", "MBOX-12", "ROOM-5", "ROOM-7", "ROOM-8", "PRIV-1", "RATE-3", "ERR-3")
SAMPLE_PER_S = 20.0  # requests: a step has time for the whole sample, and it is no load of its own
AT_ONCE = 2  # checks of the sample
LASTS_S = 3600.0  # a search takes minutes; tokens are good for this long


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "knee",
        help="find the highest load at which a server keeps every promise",
        description="Raises the load in steps while a sample of the checks keeps running, and names the "
        "first promise that breaks. Exit codes: 0 a load was found that holds, 1 the least one broke a "
        "promise, 2 nothing was decided, 3 an error of our own.",
    )
    target_options.add(parser, "the server to load; without it the embedded reference server")
    parser.add_argument(
        "--profile", default="knee", metavar="NAME", help="the load profile of one step (default knee)"
    )
    parser.add_argument(
        "--most-users",
        type=int,
        default=MOST_USERS,
        metavar="N",
        help=f"not beyond N users (default {MOST_USERS})",
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="processes that make the load (default 1)"
    )
    parser.set_defaults(command=_knee)


def _knee(parsed: argparse.Namespace) -> int:
    spec = load_spec(Settings(spec_dir=parsed.spec_dir))
    profile = profiles.find(parsed.profile, spec)
    order = Order(
        source=parsed.profile,
        profile=profile,
        seed=seed_of(parsed),
        processes=parsed.processes,
        operated=parsed.operated,
        spec_dir=parsed.spec_dir,
    )
    session = Session(settings_of(parsed, LASTS_S, SAMPLE_PER_S), spec)
    with KneeProgress(Console(stderr=True, highlight=False)) as progress:
        run = KneeRun(order, spec, session, progress, min(parsed.most_users, MOST_USERS), parsed.run_dir)
        folder = told(run.run(), run.stop)
    return load_log.report(folder, reporting)


@dataclass
class KneeRun:
    """One search, with a run log of its own."""

    order: Order
    spec: Spec
    session: Session
    progress: KneeProgress
    most_users: int
    run_dir: Path | None = None
    _running: Running | None = None
    _stopped: str = ""
    _knee: Knee = field(default_factory=Knee)

    async def run(self) -> Path:
        """Returns the folder of the run."""
        registry.load_checks()
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            world = await self.session.open(stack)
            guard.only_loopback(world.target.base_url, operated=self.order.operated)
            memory.only_loopback(world.target.memory, operated=self.order.operated)
            await reachable(world)
            folder = self.run_dir or opening.default_run_dir(f"knee-{world.target.name}")
            emit = stack.enter_context(RunLogWriter(folder))
            order = self.order
            emit(load_log.header(self.spec, world.target, world.run_id, order.seed, order.processes))
            most = self.most_users / self.order.profile.most_users
            with suppress(_Stopped):
                await searching.search(lambda scale: self._step(world, scale, folder), most, self._knee)
            emit({**self._knee.record(), "sampled": list(SAMPLED), "profile": self.order.profile.name})
            emit(opening.footer(time.monotonic() - started, {}, self._stopped))
        return folder

    def stop(self) -> bool:
        """Ends the search, with what was found until then; False where nothing was sent yet."""
        if self._running is None:
            return False
        self._stopped = "interrupted"
        self._running.stop()
        return True

    async def _step(self, world: World, scale: float, folder: Path) -> Step:
        """The load at this scale, with the sample beside it."""
        if self._stopped:
            raise _Stopped
        order = replace(self.order, scale=scale, seed=self.order.seed + len(self._knee.steps))
        users = order.applied.most_users
        self.progress.step(users, self._knee)
        self._running = Running(order, self.spec, self.progress)
        sample = Sample(world, self.spec, order.seed)
        asking = asyncio.create_task(sample.keep_asking())
        try:
            memory = memory_of(self.session, world.target)
            record = await self._running.run(world.target, world.minter, folder, memory)
        except LoadError:
            if self._stopped:
                raise _Stopped from None
            raise
        finally:
            sample.stop()
            await asking
        if self._stopped:
            raise _Stopped
        return step_of(scale, users, record, sample.broke, self.spec)


class _Stopped(Exception):
    """The user ended the search."""


def step_of(scale: float, users: int, record: Record, sampled: str, spec: Spec) -> Step:
    """How the target fared in one step; what broke first is named, a MUST before an objective. Where the
    generator was the limit, a missed objective says nothing of the target.
    """
    limit = record["generator"]["limit"]
    broken = next(iter(verdicts.broken(record, spec)), None)
    missed = [one for one in objectives.judge(record) if one.verdict is Verdict.FAIL]
    broke = sampled
    if not broke and broken is not None:
        broke = f"{broken['requirement']}: {broken['reason']}"
    if not broke and not limit and missed:
        broke = missed[0].reason
    return Step(
        scale=scale,
        users=users,
        per_second=record["totals"]["per_second"],
        read_p95=record["reads"]["corrected_ms"]["p95"],
        write_p95=record["writes"]["corrected_ms"]["p95"],
        errors=record["totals"]["errors"],
        broke=broke,
        limit="" if broke else limit,
    )


class Sample:
    """A few checks, again and again, as people who have nothing to do with the load."""

    def __init__(self, world: World, spec: Spec, seed: int) -> None:
        self._world = world
        self._spec = spec
        self._seed = seed
        self._engine: Engine | None = None
        self._over = False
        self.broke = ""

    async def keep_asking(self) -> None:
        while not self._over:
            self._seed += 1
            options = Options(seed=self._seed, concurrency=AT_ONCE, max_wait=0, deadline_s=None, confirm=1)
            self._engine = Engine(self._world, self._jobs(), (), options, self._hear)
            await self._engine.run()

    def stop(self) -> None:
        self._over = True
        if self._engine is not None:
            self._engine.stop("the step is over")

    def _jobs(self) -> list[Job]:
        """Those that wait for nothing, of what the target claims."""
        return [
            job
            for job in all_jobs(self._spec)
            if job.check.requirement in SAMPLED
            and not job.check.extra
            and not job.check.clock
            and not job.check.wait_s(self._spec)
            and self._spec.requirement(job.check.requirement).profile in self._world.target.profiles
        ]

    def _hear(self, record: Record) -> None:
        if record["type"] != "verdict" or self.broke:
            return
        tries = [one["verdict"] for one in record.get("tries", ())]
        if Verdict.FAIL.value in (record["verdict"], *tries):
            self.broke = f"{record['requirement']}: {record['reason'] or record['note']}"

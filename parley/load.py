"""`parley load`: sends users by the dozen or by the thousand, and judges what the target makes of them."""

from __future__ import annotations

import argparse
import asyncio
import math
import secrets
import time
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from conformance import doctor
from conformance.cast import World
from conformance.session import Session
from conformance.settings import Settings, load_spec
from load import memory, profiles, verdicts
from load.running import LoadError, Order, Running
from parley import load_log, peers, target_options
from parley.progress import LoadProgress
from protocol.spec import Spec
from protocol.target import Memory, Target
from reports import load as reporting
from reports import objectives
from reports.runlog import Record, RunLogWriter
from suite import guard, interrupts, opening
from suite.durations import seconds_of

MOST_PORT = 65535
SPARE_S = 120.0  # that tokens are good for beyond the run itself


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "load",
        help="put a server under load and judge it by its objectives",
        description="Runs a load profile by Locust and judges what it measured. Exit codes: 0 every "
        "objective is met, 1 one is missed or a MUST was broken, 2 nothing was decided, 3 an error of ours.",
    )
    target_options.add(parser, "the server to load; without it the embedded reference server")
    parser.add_argument(
        "--profile",
        default="smoke",
        metavar="NAME",
        help="a load profile, peers, or a .toml file of yours (default smoke; --list shows them)",
    )
    parser.add_argument("--list", action="store_true", help="the load profiles that there are, and end")
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="X", help="so many times the profile's users (default 1)"
    )
    parser.add_argument(
        "--for",
        dest="seconds",
        metavar="TIME",
        help="how long is measured: 20s, 5m, 1h (default: the profile's)",
    )
    parser.add_argument(
        "--warm-up", metavar="TIME", help="how long is not measured at its begin (default: the profile's)"
    )
    parser.add_argument(
        "--processes", type=int, default=1, metavar="N", help="processes that make the load (default 1)"
    )
    parser.add_argument(
        "--metrics-port", type=int, metavar="PORT", help="serve Prometheus metrics of the run on the loopback"
    )
    parser.set_defaults(command=_load)


def settings_of(parsed: argparse.Namespace, lasts_s: float, per_second: float = 0.0) -> Settings:
    """How the target is opened; its tokens are good for as long as the run lasts."""
    return target_options.settings_of(parsed, time="real", max_wait=lasts_s + SPARE_S, per_second=per_second)


def seed_of(parsed: argparse.Namespace) -> int:
    return parsed.seed if parsed.seed is not None else secrets.randbelow(1_000_000)


def memory_of(session: Session, target: Target) -> Memory | None:
    """Where the target's memory is read: by its file's word, or of the process that we started."""
    if target.memory is not None:
        return target.memory
    pid = session.target_pid
    return Memory(pid=pid) if pid is not None else None


def told(run: Coroutine[Any, Any, Path], stop: Callable[[], bool]) -> Path:
    """The folder of the run. Ctrl-C, a polite TERM and a terminal that closes end it: by `stop` once it has
    begun, so that it tells what was found, and at once before. Raises LoadError then.
    """
    try:
        return asyncio.run(interrupts.interruptible(run, stop, interrupts.WITH_ITS_TERMINAL))
    except asyncio.CancelledError:
        raise LoadError("interrupted before anything was sent") from None


async def reachable(world: World) -> None:
    """Raises LoadError where the target gives no answer at all: there is nothing to load."""
    reason = await doctor.unreachable(world)
    if reason is not None:
        raise LoadError(reason)


def _load(parsed: argparse.Namespace) -> int:
    spec = load_spec(Settings(spec_dir=parsed.spec_dir))
    if parsed.list:
        for name in profiles.names():
            found = profiles.find(name, spec)
            print(f"{name:16} {found.most_users:5} users {found.seconds:6g} s  {found.title}")
        rooms = int(spec.policy["objectives"]["rooms"])
        print(f"{peers.PROFILE:16} {2 * rooms:5} users           {peers.TITLE}")
        return 0
    if not 0 < parsed.scale < math.inf:
        raise LoadError(f"--scale: expected a number above 0, got {parsed.scale:g}")
    if parsed.metrics_port is not None and not 1 <= parsed.metrics_port <= MOST_PORT:
        raise LoadError(f"--metrics-port: expected 1 to {MOST_PORT}, got {parsed.metrics_port}")
    if parsed.processes < 1:
        raise LoadError(f"--processes: expected 1 or more, got {parsed.processes}")
    if parsed.profile == peers.PROFILE:
        for option in ("seconds", "warm_up", "metrics_port"):
            if getattr(parsed, option) is not None:
                word = {"seconds": "for"}.get(option, option).replace("_", "-")
                raise LoadError(f"--{word}: not for the profile {peers.PROFILE}")
        return peers.run(parsed, spec, seed_of(parsed))
    order = Order(
        source=parsed.profile,
        profile=profiles.find(parsed.profile, spec),
        seed=seed_of(parsed),
        scale=parsed.scale,
        seconds=seconds_of(parsed.seconds) if parsed.seconds else None,
        warm_up=seconds_of(parsed.warm_up, "--warm-up") if parsed.warm_up else None,
        processes=parsed.processes,
        metrics_port=parsed.metrics_port,
        operated=parsed.operated,
        spec_dir=parsed.spec_dir,
    )
    applied = order.applied
    session = Session(settings_of(parsed, applied.seconds), spec)
    with LoadProgress(Console(stderr=True, highlight=False), applied.seconds) as progress:
        run = LoadRun(order, spec, session, progress, parsed.run_dir)
        folder = told(run.run(), run.stop)
    return load_log.report(folder, reporting)


@dataclass
class LoadRun:
    """One run of a profile against a target, with a run log of its own."""

    order: Order
    spec: Spec
    session: Session
    progress: LoadProgress
    run_dir: Path | None = None

    def __post_init__(self) -> None:
        self._running = Running(self.order, self.spec, self.progress)

    def stop(self) -> bool:
        """Ends it early, with what was measured until then; False where nothing was sent yet."""
        if self._running.begun:
            self._running.stop()
        return self._running.begun

    async def run(self) -> Path:
        """Returns the folder of the run."""
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            world = await self.session.open(stack)
            target = world.target
            guard.only_loopback(target.base_url, operated=self.order.operated)
            memory.only_loopback(target.memory, operated=self.order.operated)
            await reachable(world)
            folder = self.run_dir or opening.default_run_dir(f"load-{target.name}")
            emit = stack.enter_context(RunLogWriter(folder))
            emit(self._header(target, world.run_id))
            record = await self._running.run(target, world.minter, folder, memory_of(self.session, target))
            emit(record)
            counts = load_log.emit_all(self._verdicts(record, target), emit)
            emit(opening.footer(time.monotonic() - started, counts, record["stopped"]))
        return folder

    def _header(self, target: Target, run_id: str) -> Record:
        order = self.order
        load = {"profile": order.source, "scale": order.scale, "seconds": order.applied.seconds}
        decides = order.profile.decides
        return load_log.header(self.spec, target, run_id, order.seed, order.processes, decides, load)

    def _verdicts(self, record: Record, target: Target) -> list[Record]:
        judged = objectives.judge(record)
        near = guard.is_loopback(target.base_url)
        return list(
            verdicts.verdicts(
                record,
                judged,
                self.order.profile.decides,
                self.spec,
                loopback=near,
                lighter=self.order.lighter,
                heavier=self.order.heavier,
            )
        )

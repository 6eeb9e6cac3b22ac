"""`parley load --profile peers`: real data channels through the target and a TURN server, and SLO-3."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from e2e.crowd import Order, Progress, interruptible
from load import verdicts
from load.running import LoadError
from parley import load_log
from parley.progress import LiveLine
from protocol.spec import Spec
from protocol.target import Target
from reports import peers as judging
from reports import peers_shown as reporting
from reports.runlog import Record, RunLogWriter
from suite import opening

PROFILE = "peers"
TITLE = "Rooms of two headless peers, as many at once as the objective asks, that chat through TURN: SLO-3"


def run(parsed: argparse.Namespace, spec: Spec, seed: int) -> int:
    """The whole command. `parsed` are the options of `parley load`; --scale is times the objective's rooms.

    Raises what e2e.crowd.run raises, and LoadError for options that a crowd does not have.
    """
    if parsed.start:
        raise LoadError("--profile peers does not start the target: start it by yourself")
    order = Order(
        rooms=max(1, round(spec.policy["objectives"]["rooms"] * parsed.scale)),
        target=parsed.target,
        target_file=parsed.target_file,
        spec_dir=parsed.spec_dir,
        processes=parsed.processes if parsed.processes > 1 else 0,
        seed=seed,
        operated=parsed.operated,
        mutant=parsed.mutant,
    )
    folder = asyncio.run(_run(order, spec, parsed.run_dir))
    return load_log.report(folder, reporting)


async def _run(order: Order, spec: Spec, run_dir: Path | None) -> Path:
    """The folder of the run, with its log."""
    started = time.monotonic()
    folders: list[Path] = []
    with ExitStack() as stack:
        progress = stack.enter_context(CrowdProgress(Console(stderr=True, highlight=False), order.rooms))
        logs: list[RunLogWriter] = []

        def begun(target: Target, run_id: str) -> None:
            folders.append(run_dir or opening.default_run_dir(f"peers-{target.name}"))
            logs.append(stack.enter_context(RunLogWriter(folders[0])))
            logs[0](_header(order, spec, target, run_id))

        record = await interruptible(order, spec, progress, begun)
        [emit] = logs
        emit(record)
        counts = load_log.emit_all(_verdicts(record, spec), emit)
        emit(opening.footer(time.monotonic() - started, counts, record["stopped"]))
    return folders[0]


def _header(order: Order, spec: Spec, target: Target, run_id: str) -> Record:
    load = {"profile": PROFILE, "scale": order.rooms / spec.policy["objectives"]["rooms"], "seconds": 0}
    decides = [judging.REQUIREMENT]
    return load_log.header(spec, target, run_id, order.seed, order.workers, decides, load)


def _verdicts(record: Record, spec: Spec) -> Iterator[Record]:
    yield judging.verdict(record)
    yield from verdicts.broken(record, spec)


class CrowdProgress(LiveLine):
    """Hears how rooms open and talk."""

    def __init__(self, console: Console, rooms: int) -> None:
        super().__init__(console, total=2 * rooms)
        self._progress.update(self._bar, description="starting")
        self._rooms = rooms

    def __call__(self, progress: Progress) -> None:
        failed = f", {progress.failed} not" if progress.failed else ""
        line = f"{progress.opened} of {self._rooms} rooms open{failed}"
        if progress.talked:
            line += f", {progress.talked} have talked"
        done = progress.opened + progress.failed + progress.talked
        self._progress.update(self._bar, completed=done, description=line)
        self.say(line)

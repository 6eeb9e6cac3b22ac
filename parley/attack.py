"""`parley attack`: explores a target beyond the checks that people thought of."""

from __future__ import annotations

import argparse
import asyncio
import secrets
from pathlib import Path

from rich.console import Console

from conformance.explore import methods
from conformance.explore.order import AttackError, Order, interruptible, read_replay
from conformance.settings import load_spec
from parley import target_options
from parley.progress import AttackProgress
from reports import attack as reporting
from reports import terminal
from reports.pages import PAGE
from suite import opening
from suite.durations import seconds_of


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "attack",
        help="explore a target beyond the checks: fuzzing, a model, schedules, faults on the way",
        description="Explores a target for a while and tells what it found, each with a script that does it "
        "again. Exit codes: 0 nothing but SHOULDs, 1 a MUST or a fault that no requirement covers, 2 nothing "
        "was decided, 3 an error of our own.",
    )
    target_options.add(parser, "the server to attack; without it the embedded reference server")
    parser.add_argument(
        "--for", dest="seconds", default="1m", metavar="TIME", help="how long: 20s, 5m, 1h (default 1m)"
    )
    parser.add_argument(
        "--method",
        action="append",
        choices=methods.NAMES,
        default=[],
        help="only this method; may be repeated (default: all, in turns)",
    )
    parser.add_argument(
        "--corpus", type=Path, metavar="DIR", help="a folder of replay.json files to try first"
    )
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="only do again what this replay.json says"
    )
    parser.add_argument(
        "--time",
        choices=("real", "control"),
        dest="time_mode",
        help="let time pass, or move the target's clock (default: control where the target offers it)",
    )
    parser.add_argument(
        "--per-second", type=float, default=0.0, metavar="N", help="at most N requests a second"
    )
    parser.set_defaults(command=_attack)


def _attack(parsed: argparse.Namespace) -> int:
    if parsed.per_second < 0:
        raise AttackError(f"--per-second: expected 0 (no limit) or more, got {parsed.per_second:g}")
    settings = target_options.settings_of(parsed, time=parsed.time_mode, per_second=parsed.per_second)
    spec = load_spec(settings)
    replay = read_replay(parsed.replay, "--replay") if parsed.replay else None
    seed = parsed.seed
    if seed is None:  # a replay may depend on the seed that it was found with
        seed = replay.get("seed") if replay else None
    if not isinstance(seed, int):
        seed = secrets.randbelow(1_000_000)
    seconds = seconds_of(parsed.seconds)
    order = Order(settings, seconds, tuple(parsed.method), seed, parsed.corpus, parsed.operated)
    with AttackProgress(Console(stderr=True, highlight=False), seconds) as progress:
        result = asyncio.run(interruptible(order, spec, progress, replay))
    folder = parsed.run_dir or opening.default_run_dir(f"attack-{result['target']['name']}")
    reporting.write(result, folder)
    reporting.show(result, terminal.console(), folder)
    print(f"Report     {folder / PAGE}")
    return reporting.exit_code(result)

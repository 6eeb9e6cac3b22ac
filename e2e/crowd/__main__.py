"""`python -m e2e.crowd`: a crowd by hand. Prints the figures; `--json FILE` keeps the record."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from pathlib import Path

from e2e.crowd.order import CrowdError, Order
from e2e.crowd.run import Progress, interruptible
from e2e.options import TurnOptions
from e2e.turn import TurnError
from protocol import spec as specs
from protocol.mint import MintError
from protocol.target import TargetError
from reports.peers_shown import summary
from suite import guard
from suite.guard import GuardError
from suite.server_process import StartError

ERRORS = (CrowdError, GuardError, MintError, StartError, TargetError, TurnError)


def main() -> int:
    """0: every room was carried; 1: not every one; 2: it could not be done."""
    spec = specs.load()
    usual = Order(rooms=int(spec.policy["objectives"]["rooms"]))
    parser = argparse.ArgumentParser(prog="python -m e2e.crowd", description=__doc__)
    parser.add_argument("--target", metavar="URL", help="without it the embedded reference server")
    parser.add_argument("--target-file", type=Path, metavar="FILE")
    parser.add_argument("--rooms", type=int, default=usual.rooms, help="(default %(default)s)")
    parser.add_argument(
        "--per-second",
        type=float,
        default=usual.per_second,
        help="rooms opened (default %(default)s; 0: most)",
    )
    parser.add_argument("--at-once", type=int, default=usual.at_once, help="with --per-second 0, per process")
    parser.add_argument("--messages", type=int, default=usual.messages, help="of each peer")
    parser.add_argument("--every", type=float, default=usual.every_s, metavar="SECONDS")
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--turn", default="auto", choices=("auto", "container", "process", "url"))
    parser.add_argument("--turn-url", action="append", default=[], metavar="URL")
    parser.add_argument("--turn-secret-env", metavar="NAME")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(guard.FLAG, action="store_true", dest="operated", help=guard.HELP)
    given = parser.parse_args()
    try:
        order = Order(
            rooms=given.rooms,
            target=given.target,
            target_file=given.target_file,
            turn=TurnOptions(given.turn, urls=tuple(given.turn_url), secret_env=given.turn_secret_env),
            per_second=given.per_second,
            at_once=given.at_once,
            messages=given.messages,
            every_s=given.every,
            processes=given.processes,
            seed=given.seed if given.seed is not None else secrets.randbelow(1_000_000),
            operated=given.operated,
        )
        record = asyncio.run(interruptible(order, spec, _told))
    except ERRORS as error:
        print(f"e2e.crowd: {error}", file=sys.stderr)
        return 2
    print(*summary(record), sep="\n")
    if given.json is not None:
        given.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    rooms = record["peers"]["rooms"]
    return 0 if rooms["carried"] == rooms["asked"] else 1


def _told(progress: Progress) -> None:
    if sys.stderr.isatty():
        print(
            f"\r{progress.phase}: {progress.opened} open, {progress.failed} not, {progress.talked} talked ",
            end="",
            file=sys.stderr,
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())

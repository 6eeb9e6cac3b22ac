"""How much of what is wrong is found by exploring alone, by which method, and how soon.

Attacks a seeded sample of the deliberately wrong servers, one after the other, each for a bounded time. A
method that has found something rests, so each is measured on every server. Whatever is found counts, for on
the right server nothing is; whether it names the requirement that the server was made to break is told beside
it. Exits with 1 where less than the share wanted is found.

    python -m bench.attack [--count 24] [--for 2m] [--seed 1] [--first] [--json FILE] [NAME ...]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.explore import methods
from conformance.explore.attack import Attack
from conformance.explore.order import Order, run
from conformance.plan import elsewhere
from conformance.settings import Settings
from protocol.spec import Spec, load
from suite.durations import seconds_of

MATRIX = Path(__file__).parents[1] / "reference_server" / "mutants" / "kill-matrix.json"
WANTED = 0.6  # of the sample

Row = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="these servers instead of a sample")
    parser.add_argument("--count", type=int, default=24, help="how many (default 24)")
    parser.add_argument("--for", dest="seconds", default="2m", metavar="TIME", help="each (default 2m)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample and of each attack (default 1)")
    parser.add_argument("--method", action="append", choices=methods.NAMES, default=[])
    parser.add_argument("--first", action="store_true", help="end each attack at its first finding")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(argv)
    spec = load()
    broken = servers(spec)
    names = options.names or sample(broken, options.count, options.seed)
    started = time.monotonic()
    rows = []
    for name in names:
        row = asyncio.run(one(spec, name, broken[name], options))
        rows.append(row)
        print(told(row), flush=True)
    used = options.method or list(methods.NAMES)
    print(summary(rows, used, time.monotonic() - started))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    share = sum(row["after_s"] is not None for row in rows) / len(rows)
    return 0 if share >= WANTED else 1


def servers(spec: Spec) -> dict[str, str]:
    """The wrong servers that speak HTTP alone: name and the requirement that each breaks."""
    matrix = json.loads(MATRIX.read_text(encoding="utf-8"))
    found = {name: entry["requirement"] for name, entry in matrix["mutants"].items()}
    return {name: one for name, one in found.items() if elsewhere(spec.requirement(one)) is None}


def sample(broken: dict[str, str], count: int, seed: int) -> list[str]:
    return random.Random(seed).sample(sorted(broken), count)  # noqa: S311


async def one(spec: Spec, name: str, requirement: str, options: argparse.Namespace) -> Row:
    """One attack on one wrong server."""

    def said(attack: Attack) -> None:
        if options.first and attack.found:
            attack.stop("found")

    settings = Settings(mutant=name, write_log=False)
    seconds = seconds_of(options.seconds)
    order = Order(settings, seconds, tuple(options.method), options.seed, only_first=True)
    result = await run(order, spec, said)
    first: dict[str, Any] = {}
    for finding in result["findings"]:
        first.setdefault(finding["method"], finding)
    by = {method: round(finding["method_s"], 1) for method, finding in first.items()}
    return {
        "mutant": name,
        "requirement": requirement,
        "after_s": min((finding["after_s"] for finding in first.values()), default=None),
        "by": by,
        "named": sorted({str(finding["requirement"]) for finding in first.values()}),
        "requests": sum(method["requests"] for method in result["methods"]),
        "seconds": result["seconds"],
        "errors": [f"{method['name']}: {method['error']}" for method in result["methods"] if method["error"]],
    }


def told(row: Row) -> str:
    if row["after_s"] is None:
        found = f"not found in {row['seconds']:g} s and {row['requests']:,} requests"
    else:
        by = ", ".join(f"{method} {seconds:g} s" for method, seconds in row["by"].items())
        named = ", ".join(row["named"])
        found = f"found after {row['after_s']:g} s as {named} (by each method's own time: {by})"
    errors = f"  OURS: {'; '.join(row['errors'])}" if row["errors"] else ""
    return f"{row['mutant']:<44} {row['requirement']:<8} {found}{errors}"


def summary(rows: list[Row], used: Sequence[str], seconds: float) -> str:
    """Of each method and of all together: found, the share, and the median time to find."""
    lines = [f"\n{'method':<12}{'found':>10}{'share':>8}{'median to find':>17}"]
    for method in used:
        times = [row["by"][method] for row in rows if method in row["by"]]
        lines.append(_line(method, times, len(rows)))
    first = [row["after_s"] for row in rows if row["after_s"] is not None]
    lines.append(_line("all in turns", first, len(rows)))
    right = sum(row["requirement"] in row["named"] for row in rows)
    lines.append(f"named after the requirement that was broken: {right}; {seconds:.0f} s in all")
    return "\n".join(lines)


def _line(name: str, times: list[float], of: int) -> str:
    median = f"{statistics.median(times):.1f} s" if times else "-"
    return f"{name:<12}{f'{len(times)} of {of}':>10}{len(times) / of:>8.0%}{median:>17}"


if __name__ == "__main__":
    sys.exit(main())

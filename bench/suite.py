"""Wall time and peak memory of `parley score` against the reference server, with the bounds it has to keep.

The bounds are for 2 cores with nothing else to do. Exits with 1 where one is missed.

    python -m bench.suite [--long] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench import runs
from bench.runs import Run
from protocol.spec import Spec, load

PEAK_MB = 300.0
DELAY_MS = 50.0
LONGER_S = 330  # a --max-wait that is long enough for the listing window


@dataclass(frozen=True)
class Row:
    """One measurement. `wrong` is what keeps it from counting: a missed bound, a verdict other than pass."""

    name: str
    seconds: float
    bound_s: float
    peak_mb: float
    wrong: tuple[str, ...]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--long", action="store_true", help=f"the run with --max-wait {LONGER_S} too")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    spec = load()
    measurements: list[tuple[str, float, Iterable[str], Callable[[], Run]]] = [
        (
            "test control, every wait",
            15,
            _waiting(spec, math.inf, control=True),
            lambda: runs.score("--time", "control"),
        ),
        ("the same, and a light load", 35, (), lambda: runs.score("--time", "control", "--load", "smoke")),
        ("the same, peers and browsers", 75, (), lambda: runs.score("--time", "control", end_to_end=True)),
        ("real time, default waits", 45, _waiting(spec, 35), lambda: runs.score("--time", "real")),
        (f"real time, {DELAY_MS:g} ms away", 90, _waiting(spec, 35), _from_afar),
    ]
    if options.long:
        wait = str(LONGER_S)
        measurements.append(
            (
                f"real time, --max-wait {wait}",
                400,
                _waiting(spec, LONGER_S),
                lambda: runs.score("--time", "real", "--max-wait", wait),
            )
        )
    print(f"{'run':<30}{'seconds':>9}{'bound':>7}{'peak MB':>9}{'bound':>7}", flush=True)
    rows = []
    for name, bound_s, waiting, measure in measurements:
        row = _row(name, bound_s, waiting, measure())
        rows.append(row)
        print(f"{row.name:<30}{row.seconds:>9.1f}{bound_s:>7g}{row.peak_mb:>9.0f}{PEAK_MB:>7g}", flush=True)
        for line in row.wrong:
            print(f"  {line}", flush=True)
    missed = any(row.wrong for row in rows)
    found = {"cores": os.cpu_count(), "missed": missed, "runs": [asdict(row) for row in rows]}
    text = json.dumps(found, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 1 if missed else 0


def _from_afar() -> Run:
    with runs.server(shared_secret=False) as server, runs.delayed(server.url, DELAY_MS) as url:
        return runs.score("--target-file", str(server.target_file(url)))


def _waiting(spec: Spec, longest: float, *, control: bool = False) -> list[str]:
    """The requirements that a run has to decide though they wait: those that wait no longer than this."""
    checked = [r for r in spec.requirements.values() if r.subject == "server" and r.checked]
    timed = [r for r in checked if 0 < r.wait_s <= longest]
    return [r.id for r in (timed if not control else [*timed, *(r for r in checked if r.control_only)])]


def _row(name: str, bound_s: float, waiting: Iterable[str], run: Run) -> Row:
    wrong = list(run.odd)
    if run.exit_code != 0:
        wrong.append(f"ended with {run.exit_code}: {run.output[-300:]}")
    if run.seconds > bound_s:
        wrong.append(f"took {run.seconds:.1f} s; at most {bound_s:g} were allowed")
    if run.peak_mb > PEAK_MB:
        wrong.append(f"took {run.peak_mb:.0f} MB; at most {PEAK_MB:g} were allowed")
    if run.result:
        wrong += [f"{name} was not decided" for name in run.undecided(waiting)]
    return Row(name, round(run.seconds, 1), bound_s, round(run.peak_mb), tuple(wrong))


if __name__ == "__main__":
    sys.exit(main())

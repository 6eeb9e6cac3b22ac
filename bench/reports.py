"""How long the report of a run takes to make, and how large it is, with the bounds it has to keep.

Measured are a run as it was, the same with every verdict red, and that with as many more exchanges of one
check as make 10,000.
The bounds are for 2 cores with nothing else to do. Exits with 1 where one is missed.

    python -m bench.reports [RUN] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from protocol.spec import Spec, load
from reports import page, runlog, score, writers
from reports.runlog import Record, RunLogWriter

SECONDS, MB = 3.0, 5.0
CROWD = 10_000  # exchanges of the largest run


@dataclass(frozen=True)
class Row:
    """One measurement: of reading the log, of making everything from it, and of the pages alone."""

    name: str
    exchanges: int
    read_s: float
    made_s: float
    pages: int
    pages_mb: float

    @property
    def missed(self) -> bool:
        return self.read_s + self.made_s > SECONDS or self.pages_mb > MB


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", nargs="?", type=Path, metavar="RUN", help="default: the reference server's")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(argv)
    spec = load()
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as place:
        folder = Path(place)
        run = options.run or _scored(folder / "scored")
        red = _written(folder / "red", _reddened(run))
        crowded = _written(folder / "crowded", _crowded(red))
        print(f"{'run':<26}{'exchanges':>10}{'read s':>8}{'made s':>8}{'pages':>7}{'MB':>7}", flush=True)
        rows = []
        for name, one in (("as it was", run), ("everything red", red), (f"{CROWD:,} exchanges", crowded)):
            row = _measured(name, one, folder / "report", spec)
            rows.append(row)
            print(
                f"{row.name:<26}{row.exchanges:>10,}{row.read_s:>8.2f}{row.made_s:>8.2f}{row.pages:>7}"
                f"{row.pages_mb:>7.2f}{'  missed' if row.missed else ''}",
                flush=True,
            )
    print(f"bounds: {SECONDS:g} s to read and make, {MB:g} MB of pages")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return 1 if any(row.missed for row in rows) else 0


def _scored(folder: Path) -> Path:
    words = ["score", "--no-e2e", "--load", "none", "--time", "control", "--run-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "parley", *words], check=True, stdout=subprocess.DEVNULL)
    return folder


def _reddened(run: Path) -> Iterator[Record]:
    """The run with each check that passed failed."""
    for _, record in runlog.records(run):
        if record["type"] == "verdict" and record["verdict"] == "pass":
            failure = {"about": record["check"] or "it", "wanted": "another answer", "got": "this one"}
            record |= {"verdict": "fail", "reason": "it is measured", "failure": failure}
        yield record


def _crowded(run: Path) -> Iterator[Record]:
    """The run with the exchanges of one check many times over."""
    asked: list[Record] = []
    before = 0
    for _, record in runlog.records(run):
        if record["type"] == "exchange":
            before += 1
            if not asked or record["attempt"] == asked[0]["attempt"]:
                asked.append(record)
        elif record["type"] == "footer":
            many = (asked[number % len(asked)] for number in range(CROWD - before))
            yield from ({**one, "id": 10_000_000 + number} for number, one in enumerate(many))
        yield record


def _written(folder: Path, records: Iterator[Record]) -> Path:
    with RunLogWriter(folder) as writer:
        for record in records:
            writer(record)
    return folder


def _measured(name: str, run: Path, folder: Path, spec: Spec) -> Row:
    folder.mkdir(exist_ok=True)
    started = time.perf_counter()
    log = runlog.read(run)
    read = time.perf_counter()
    writers.write_all(score.evaluate(log, spec), folder)
    made = time.perf_counter()
    names = (folder / page.WRITTEN).read_text(encoding="utf-8").splitlines()
    size = sum((folder / one).stat().st_size for one in names)
    count = sum(map(len, log.exchanges.values()))
    return Row(name, count, round(read - started, 2), round(made - read, 2), len(names), round(size / 1e6, 2))


if __name__ == "__main__":
    sys.exit(main())

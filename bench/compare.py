"""How long do a hundred runs take to be compared, a year of nights to be drawn? python -m bench.compare RUN

RUN is the folder of a real run; the others are made of it by turning verdicts. Exit code 1 over a bound.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from protocol.spec import load
from reports import runs
from reports.history import pages, store
from reports.runlog import EVIDENCE, FILE, Record
from reports.verdicts import Verdict

COMPARED, COMPARED_S = 100, 5.0
NIGHTS, DRAWN_S = 400, 2.0
FLAKY, BROKEN = 6, 30  # requirements that are flaky, and that are broken for some nights
VERDICT = '{"type":"verdict"'
FIRST = datetime(2025, 1, 1, 3, 0, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description=__doc__)
    parser.add_argument("run", type=Path, metavar="RUN")
    path = parser.parse_args().run / FILE
    with path.open(encoding="utf-8", newline="\n") as file:
        lines = list(file)
    brief = [line for line in lines if not line.encode().startswith(EVIDENCE)]
    with tempfile.TemporaryDirectory() as name:
        slow = [_compared(lines, Path(name)), _drawn(brief, Path(name))]
    return 1 if any(slow) else 0


def _compared(lines: list[str], folder: Path) -> bool:
    """The whole command, from the start of its process on; every log with all of its exchanges."""
    made = [folder / "compared" / f"{number:03}" for number in range(COMPARED)]
    for number, one in enumerate(made):
        _write(lines, one, number, COMPARED)
    size = (made[0] / FILE).stat().st_size / 1e6
    files = ["--html", str(folder / "c.html"), "--json", str(folder / "c.json")]
    command = [sys.executable, "-m", "parley", "compare", *map(str, made), *files]
    started = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - started
    print(f"{COMPARED} runs of {size:.0f} MB compared in {seconds:.1f} s (bound {COMPARED_S:g})")
    return seconds > COMPARED_S


def _drawn(lines: list[str], folder: Path) -> bool:
    """Reading the history and writing its pages; adding, which is done night by night, for itself."""
    spec, database = load(), folder / "h.sqlite"
    made = [folder / "nights" / f"{number:03}" for number in range(NIGHTS)]
    for number, one in enumerate(made):
        _write(lines, one, number, NIGHTS)
    started = time.monotonic()
    store.add(database, [runs.read(one, spec) for one in made])
    added = time.monotonic() - started
    started = time.monotonic()
    names = store.targets(database)
    histories = [pages.History(name, store.entries(database, name)) for name in names]
    pages.write(histories, spec, folder / "pages")
    seconds = time.monotonic() - started
    asked = len(histories[0].last.found)
    size = database.stat().st_size / 1e6
    print(f"{NIGHTS} runs of {asked} requirements added in {added:.1f} s ({size:.1f} MB)")
    print(f"{NIGHTS} runs drawn in {seconds:.2f} s (bound {DRAWN_S:g})")
    return seconds > DRAWN_S


def _write(lines: list[str], folder: Path, number: int, count: int) -> None:
    """The run with some verdicts turned: some broken for a while, some flaky now and then."""
    header, *middle, footer = lines
    first = json.loads(header)
    first["run_id"] = f"bench{number}"
    first["started"] = (FIRST + timedelta(days=number)).isoformat()
    verdicts = [json.loads(line) for line in middle if line.startswith(VERDICT)]
    passed = sorted({r["requirement"] for r in verdicts if r["verdict"] == Verdict.PASS})
    plan = random.Random(1)  # noqa: S311 - the same for every run
    chosen = plan.sample(passed, FLAKY + BROKEN)
    spans = [(plan.randrange(count), plan.randrange(1, 30)) for _ in range(BROKEN)]
    for name, (start, length) in zip(chosen, spans, strict=False):
        if start <= number < start + length:
            _turn(verdicts, name, Verdict.FAIL)
    chance = random.Random(number)  # noqa: S311
    for name in chosen[BROKEN:]:
        if chance.random() < 0.08:
            _turn(verdicts, name, Verdict.FLAKY)
    folder.mkdir(parents=True)
    with (folder / FILE).open("w", encoding="utf-8") as file:
        file.write(_line(first))
        file.writelines(line for line in middle if not line.startswith(VERDICT))
        file.writelines(_line(record) for record in verdicts)
        file.write(footer)


def _line(record: Record) -> str:
    return json.dumps(record, separators=(",", ":")) + "\n"


def _turn(verdicts: list[Record], name: str, verdict: Verdict) -> None:
    first = next(r for r in verdicts if r["requirement"] == name and r["verdict"] == Verdict.PASS)
    first.update(verdict=verdict.value, reason="getOffer: wanted 404, got 200")


if __name__ == "__main__":
    sys.exit(main())

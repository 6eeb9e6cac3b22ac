"""The rounds of the concurrency checks, over and over: a correct server must never be accused.

Plays each check until it has had that many rounds, with a seed of its own each time. An accusation is a
history found not to be linearizable, whatever became of the verdict. A round tries something only where its
requests were in flight together, so the share of these is told. Exits with 1 where there is an accusation, or
where a check did not pass.

    python -m bench.races [--rounds 1000] [--first SEED] [--mutant NAME]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.session import Session
from conformance.settings import Settings
from protocol.spec import load

PROFILE = "concurrency"
SHOWN = 3  # accusations that are told in full


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--mutant", help="a deliberately wrong server, to see how often it is found")
    options = parser.parse_args(argv)
    names = [r.id for r in load().requirements.values() if r.profile == PROFILE and r.checked]
    rounds: Counter[str] = Counter()
    accused: Counter[str] = Counter()
    together: Counter[str] = Counter()
    undecided: list[str] = []
    runs, operations = 0, 0
    started = time.monotonic()
    while min(rounds[name] for name in names) < options.rounds:
        seed = options.first + runs
        for record in _run(seed, options.mutant):
            if record["type"] == "expectation" and record["predicate"] == "linearizable":
                name = record["attempt"].split(" ")[0]
                rounds[name] += 1
                operations += len(record["observed"])
                accused[name] += not record["outcome"]
                together[name] += _together(record["observed"])
            elif record["type"] == "verdict" and record["verdict"] != "pass":
                undecided.append(
                    f"seed {seed}: {record['requirement']} {record['verdict']}: {record['reason']}"
                )
        runs += 1
    seconds = time.monotonic() - started
    print(f"{'requirement':<13}{'rounds':>8}{'accusations':>13}{'in flight together':>20}")
    for name in names:
        print(f"{name:<13}{rounds[name]:>8}{accused[name]:>13}{together[name] / rounds[name]:>20.1%}")
    total = rounds.total()
    print(
        f"{total} rounds of {operations} operations in {runs} runs and {seconds:.0f} s, "
        f"{total / seconds:.0f} rounds a second; {accused.total()} accusations"
    )
    for line in undecided[:SHOWN]:
        print(f"  {line}")
    if len(undecided) > SHOWN:
        print(f"  … {len(undecided) - SHOWN} more")
    return 1 if undecided or accused.total() else 0


def _together(history: list[dict[str, Any]]) -> bool:
    """Whether two requests of the round were under way at the same time."""
    acts = sorted((one["called"], one["returned"]) for one in history if one["what"] not in ("list", "shown"))
    return any(later[0] < earlier[1] for earlier, later in itertools.pairwise(acts))


def _run(seed: int, mutant: str | None) -> list[dict[str, Any]]:
    """All concurrency checks, against a reference server that is started for them."""
    records: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        settings = Settings(run_dir=Path(folder), profiles=(PROFILE,), seed=seed, mutant=mutant)
        asyncio.run(Session(settings, load(), [records.append]).run())
    return records


if __name__ == "__main__":
    sys.exit(main())

"""Many runs with many seeds, and two runs at once: a correct server must come out clean each time.

Every verdict that is flaky, inconclusive, harness-error or fail is listed with its seed. Exits with 1 where
there is one.

    python -m bench.seeds [--runs 20] [--first 1] [--time control|real]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench import runs
from bench.runs import Run


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--time", choices=("control", "real"), default="control")
    options = parser.parse_args(argv)
    clean = True
    for seed in range(options.first, options.first + options.runs):
        clean &= _said(f"seed {seed}", runs.score("--time", options.time, "--seed", str(seed)))
    with runs.server(shared_secret=True) as server:
        file = str(server.target_file(server.url))
        going = [runs.start("--target-file", file, "--seed", str(seed)) for seed in (1, 2)]
        for number, run in enumerate([one.end() for one in going], 1):
            clean &= _said(f"at once, in real time, {number} of 2", run)
    print("all clean" if clean else "NOT clean")
    return 0 if clean else 1


def _said(name: str, run: Run) -> bool:
    """Prints what came of a run; whether it was clean."""
    wrong = list(run.odd)
    if run.exit_code != 0:
        wrong.append(f"ended with {run.exit_code}: {run.output[-300:]}")
    print(f"{name:<32}{run.seconds:>7.1f} s  {'clean' if not wrong else ''}", flush=True)
    for line in wrong:
        print(f"  {line}", flush=True)
    return not wrong


if __name__ == "__main__":
    sys.exit(main())

"""Do three searches for the knee agree? python -m bench.knee [--runs 3]

They are made of a server that takes 5 ms of its only core for each request, so that the server, and not the
generator, is what gives out. The highest result may be a fifth above the lowest; exit code 1 where it is not.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reports import runlog
from tests.server_kit import CONFIG, SECRET, ServerProcess

LOADED = str(Path(__file__).parents[1] / "tests" / "targets" / "loaded.py")
BOUND = 1.2


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.knee", description=__doc__)
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="(default %(default)s)")
    found = [_knee() for _ in range(parser.parse_args().runs)]
    if 0 in found:
        print("a search found no load that holds")
        return 1
    ratio = max(found) / min(found)
    print(f"highest to lowest {ratio:.2f} (bound {BOUND})")
    return 0 if ratio <= BOUND else 1


def _knee() -> int:
    """The users that were carried; 0 where none were."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        started = time.monotonic()
        with ServerProcess(folder, CONFIG, program=(LOADED, "narrow")) as server:
            file = folder / "target.toml"
            text = f'base_url = "{server.url}"\n[tokens]\nsecret = "{SECRET}"\n'
            file.write_text(text + "[delivery]\ncookie = { encrypted = false }\n", encoding="utf-8")
            words = [sys.executable, "-m", "parley", "knee", "--target-file", str(file)]
            subprocess.run([*words, "--run-dir", str(folder / "run")], stdout=subprocess.DEVNULL, check=False)
        knee = runlog.read(folder / "run").knees[0]
        held = knee["held"] or {"users": 0, "per_second": 0.0}
        broke = knee["broken"]["broke"] if knee["broken"] else knee["ended"]
        seconds = time.monotonic() - started
        print(
            f"{held['users']:5} users, {held['per_second']:5.0f} requests/s, {seconds:4.0f} s; then {broke}"
        )
        return int(held["users"])


if __name__ == "__main__":
    sys.exit(main())

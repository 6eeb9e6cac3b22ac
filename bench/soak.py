"""Does `soak` find a leak, and leave the reference server alone? python -m bench.soak [--for 12m]

A server that keeps 10 kB of each request must fail SLO-4, the reference server must not. Both run at once:
what is measured is memory. Exit code 1 where either comes out wrong.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from reports import runlog
from tests.server_kit import CONFIG, SECRET, ServerProcess

LOADED = str(Path(__file__).parents[1] / "tests" / "targets" / "loaded.py")
SERVERS = {"leaking": (LOADED, "leaking"), "reference server": ("-m", "reference_server")}
WANTED = {"leaking": "fail", "reference server": "pass"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--for", dest="lasts", default="12m", metavar="TIME", help="(default %(default)s)")
    lasts = parser.parse_args().lasts
    with tempfile.TemporaryDirectory() as name:
        runs = {}
        servers = []
        for who, program in SERVERS.items():
            folder = Path(name) / who.replace(" ", "-")
            folder.mkdir()
            server = ServerProcess(folder, CONFIG, program=program)
            servers.append(server)
            file = folder / "target.toml"
            text = f'base_url = "{server.url}"\n[tokens]\nsecret = "{SECRET}"\n'
            text += f"[memory]\npid = {server.process.pid}\n"
            file.write_text(text + "[delivery]\ncookie = { encrypted = false }\n", encoding="utf-8")
            words = [sys.executable, "-m", "parley", "load", "--profile", "soak", "--warm-up", "30s"]
            words += ["--for", lasts, "--target-file", str(file), "--run-dir", str(folder / "run")]
            runs[who] = (subprocess.Popen(words, stdout=subprocess.DEVNULL), folder / "run")
        try:
            return _judged({who: _verdict(process, folder) for who, (process, folder) in runs.items()})
        finally:
            for process, _ in runs.values():
                process.terminate()
            for server in servers:
                server.end()


def _verdict(process: subprocess.Popen[bytes], folder: Path) -> tuple[str, str]:
    process.wait()
    found = [v for v in runlog.read(folder).verdicts if v["requirement"] == "SLO-4"]
    return found[0]["verdict"], found[0]["reason"] or found[0]["note"]


def _judged(found: dict[str, tuple[str, str]]) -> int:
    for who, (verdict, reason) in found.items():
        mark = "as it should" if verdict == WANTED[who] else f"expected {WANTED[who]}"
        print(f"{who:18} SLO-4 {verdict:8} {mark}: {reason}")
    return 0 if all(verdict == WANTED[who] for who, (verdict, _) in found.items()) else 1


if __name__ == "__main__":
    sys.exit(main())

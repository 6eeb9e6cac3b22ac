"""Nothing of a TURN server is left behind, however its harness ends. Each case is a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from turn_kit import alive, needs_coturn, until

HARNESS = """
import json, os, sys, time
from e2e.turn.process import TurnProcess

class Shown(TurnProcess):
    def show(self):
        found = {"turn": self.pid, "folder": str(self._folder), "reaper": self._reaper.pid}
        print(json.dumps(found), flush=True)

ending = sys.argv[1]
if ending == "forgotten":
    server = Shown(600).start()
    server.show()
    sys.exit(0)
with Shown(600) as server:
    if ending == "killed twice":
        server.kill()
        server.restart()
    server.show()
    if ending == "failure":
        raise RuntimeError("a check failed")
    if ending == "at once":
        os._exit(3)
    if ending != "success":
        time.sleep(120)
"""
SIGNALS = {
    "SIGINT": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "SIGKILL": signal.SIGKILL,
    "killed twice": signal.SIGKILL,
}


@needs_coturn
@pytest.mark.parametrize("ending", ["success", "failure", "at once", "forgotten", *SIGNALS])
def test_nothing_is_left_after(ending: str, tmp_path: Path) -> None:
    harness = subprocess.Popen(
        [sys.executable, "-c", HARNESS, ending],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[1],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    try:
        assert harness.stdout is not None
        found = json.loads(harness.stdout.readline())
        if ending in SIGNALS:
            assert alive(found["turn"]) and alive(found["reaper"])
            harness.send_signal(SIGNALS[ending])
        harness.wait(90)
    finally:
        harness.kill()
        harness.wait()
    until(lambda: not alive(found["turn"]), "the end of turnserver")
    until(lambda: not Path(found["folder"]).exists(), "the end of its folder")
    until(lambda: not alive(found["reaper"]), "the end of the reaper")
    assert list(tmp_path.iterdir()) == []


@needs_coturn
def test_nothing_is_left_of_a_harness_that_is_killed_while_it_starts_servers(tmp_path: Path) -> None:
    """Wherever the blow falls: before, while and after a server is started."""
    program = "from e2e.turn.process import TurnProcess\nwhile True:\n    TurnProcess(600).start().stop()\n"
    for patience in (0.3, 0.33, 0.36, 0.39):
        harness = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[1],
            env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
        )
        until(lambda: list(tmp_path.iterdir()), "a first server")
        try:
            harness.wait(patience)
        except subprocess.TimeoutExpired:
            pass
        harness.kill()
        harness.wait()
        until(lambda: not list(tmp_path.iterdir()), "the end of its folders")
        until(lambda: not _naming(str(tmp_path)), "the end of its processes")


def _naming(words: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and words.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
        except OSError:
            continue
    return found

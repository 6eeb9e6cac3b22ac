"""Nothing of a run is left behind, after success, failure, Ctrl-C and a kill: no process, no folder."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_kit import LONG_S, start

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("turnserver")), reason="needs chromium and turnserver"
)
MARK = "PARLEY_TEST_MARK"
GONE_S = 90  # for what was orphaned to be ended


def marked(mark: str) -> list[str]:
    """The command lines of the processes that have the mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"{MARK}={mark}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:120])
        except OSError:
            continue
    return found


def under_way(folder: Path) -> bool:
    """Whether a browser check has begun to talk to the server."""
    log = folder / "run.jsonl"
    return log.exists() and '"expectation"' in log.read_text(encoding="utf-8", errors="replace")


def wait_for(holds: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def ended(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=LONG_S)
    return out


@pytest.mark.parametrize("way", ["success", "failure", "interrupt", "kill"])
def test_nothing_is_left_behind(tmp_path: Path, way: str) -> None:
    mark, run = secrets.token_hex(8), tmp_path / "run"
    temp = Path(tempfile.mkdtemp(prefix="left-"))  # short: a browser makes a socket in it
    options = ["--requirement", "WID-4", "--requirement", "WID-3", "--confirm", "1"]
    if way == "failure":
        options += ["--app-url", "http://127.0.0.1:1/"]
    process = start(run, *options, env={MARK: mark, "TMPDIR": str(temp)})
    try:
        if way in ("interrupt", "kill"):
            assert wait_for(lambda: under_way(run), LONG_S), "no check began"
            process.send_signal(signal.SIGSTOP)  # it is not to be over before it has been looked at
            assert any("turnserver" in line for line in marked(mark))
            assert any("reference_server" in line for line in marked(mark))
            process.send_signal(signal.SIGINT if way == "interrupt" else signal.SIGKILL)
            process.send_signal(signal.SIGCONT)
        out = ended(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    expected = {"success": 0, "failure": 1, "interrupt": 2, "kill": -signal.SIGKILL}
    assert process.returncode == expected[way], out
    assert wait_for(lambda: not marked(mark), GONE_S), marked(mark)
    assert wait_for(lambda: not list(temp.iterdir()), GONE_S), sorted(temp.iterdir())
    temp.rmdir()

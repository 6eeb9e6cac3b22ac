"""Runs of Locust for tests, with users who only say what they would have measured (load_locustfile.py)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCUSTFILE = Path(__file__).parent / "load_locustfile.py"
PATIENCE_S = 120.0
PROFILE = """
title = "Of the tests"
[users]
viewer = 10
broadcaster = 1
[[phases]]
name = "warm-up"
seconds = 2
load = [0.5, 1]
measured = false
[[phases]]
name = "steady"
seconds = {seconds}
[objectives]
read_p95_ms = "spec"
write_p95_ms = "spec"
"""


@dataclass
class Run:
    """A Locust process; its record once it has ended."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def live(self) -> list[dict[str, Any]]:
        path = self.folder / "measures.live"
        *lines, _ = path.read_bytes().split(b"\n") if path.exists() else [b""]
        return [json.loads(line) for line in lines]  # of the last one only the half may be there

    def kill(self) -> None:
        """With its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def record(self) -> dict[str, Any]:
        self.process.wait(PATIENCE_S)
        path = self.folder / "measures.json"
        assert path.exists(), (self.folder / "log").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found


def until(condition: Callable[[], Any]) -> Any:
    """Looks until it holds, and returns what was found."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
    return found


def start(folder: Path, *words: str, seconds: float | None = 5, **env: object) -> Run:
    """`seconds`: those that the profile measures; None: without a profile."""
    folder.mkdir()
    told = {f"PARLEY_TEST_{key.upper()}": str(value) for key, value in env.items()}
    if seconds is not None:
        (folder / "profile.toml").write_text(PROFILE.format(seconds=seconds), encoding="utf-8")
        told["PARLEY_TEST_PROFILE"] = str(folder / "profile.toml")
    told["PARLEY_TEST_MEASURES"] = str(folder / "measures.json")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "locust",
                "-f",
                str(LOCUSTFILE),
                "--headless",
                "--exit-code-on-error=0",
                *words,
            ],
            env={**os.environ, **told},
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,
        )
    return Run(folder, process)

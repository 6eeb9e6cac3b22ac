"""Runs `parley score` and hostile servers as processes, for the tests that look at them from outside."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from protocol.target import SECRET_VARIABLE

ROOT = Path(__file__).parent.parent
TARGETS = ROOT / "tests" / "targets"
# Where nearly everything fails and that is not what the test is about: no fail is confirmed.
UNCONFIRMED = ("--confirm", "1", "--no-control-lane")
SECRET = "a secret of the tests, long enough for HS256"
AT_ONCE = 3
# Above those of our TURN servers, below those that the system gives to whoever asks for any: it would give
# one away before the server that it was looked for has it.
PORTS, PORTS_EACH = range(31_000, 32_600), 200
# A run that hangs is aborted, and then faulthandler shows where it was.
ALWAYS = {SECRET_VARIABLE: SECRET, "NO_COLOR": "1", "PYTHONFAULTHANDLER": "1"}


@dataclass(frozen=True)
class Ended:
    """A process that has ended. `peak_mb` is its largest resident size."""

    code: int
    out: str
    err: str
    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Scored(Ended):
    """A run of `parley score` that has ended, and its folder."""

    folder: Path

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text(encoding="utf-8"))
        return found

    @property
    def verdicts(self) -> dict[str, str]:
        return {name: found["verdict"] for name, found in self.result["requirements"].items()}

    def reason(self, requirement: str) -> str:
        return str(self.result["requirements"][requirement]["reason"])

    def having(self, *verdicts: str) -> list[str]:
        """The ids of the requirements with one of these verdicts."""
        return [name for name, verdict in self.verdicts.items() if verdict in verdicts]

    @property
    def records(self) -> Iterator[dict[str, Any]]:
        with (self.folder / "run.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


class Command:
    """A command under way: `wait` for its end, or `interrupt` it."""

    def __init__(
        self, words: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path = ROOT
    ) -> None:
        self._out, self._err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self._started = time.monotonic()
        self._peak_kb = 0
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._err,
            cwd=cwd,
            env={
                **os.environ,
                SECRET_VARIABLE: SECRET,
                "NO_COLOR": "1",
                "PYTHONFAULTHANDLER": "1",
                **(env or {}),
            },
        )

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def wait(self, timeout_s: float = 180) -> Ended:
        """Waits for the end; fails the test where it does not come within so many seconds from now."""
        until = time.monotonic() + timeout_s
        try:
            while self.process.poll() is None:
                self._measure()
                assert time.monotonic() < until, self._stuck(timeout_s)
                time.sleep(0.05)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        seconds = time.monotonic() - self._started
        return Ended(self.process.returncode, self.said, _text(self._err), seconds, self._peak_kb / 1024)

    @property
    def said(self) -> str:
        """What it has written to standard output by now."""
        return _text(self._out)

    def _stuck(self, timeout_s: float) -> str:
        """What it was doing: faulthandler writes every thread's stack when it is aborted."""
        self.process.send_signal(signal.SIGABRT)
        self.process.wait(60)
        return f"not over after {timeout_s:g} s:\n{self.said[-2000:]}\n{_text(self._err)[-4000:]}"

    def _measure(self) -> None:
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self._peak_kb = max(self._peak_kb, int(line.split()[1]))


def _text(file: Any) -> str:
    """All of it. Nothing is moved: the place in the file is also that of the process that writes."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode("utf-8", "replace")


def scoring(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Command:
    """`parley score` started, with its run in `folder`."""
    words = [sys.executable, "-m", "parley", "score", "--no-e2e", "--load", "none"]
    words += ["--run-dir", str(folder), *options]
    return Command(words, env=env)


def score(
    folder: Path, *options: str, env: Mapping[str, str] | None = None, timeout_s: float = 180
) -> Scored:
    """`parley score` from start to end."""
    ended = scoring(folder, *options, env=env).wait(timeout_s)
    return Scored(ended.code, ended.out, ended.err, ended.seconds, ended.peak_mb, folder)


@contextmanager
def hostile(name: str, *options: str, script: str = "hostile.py") -> Iterator[str]:
    """A server of tests/targets/hostile.py (or of another script there); gives its URL."""
    words = [sys.executable, str(TARGETS / script), name, *options]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def asked_for(request: pytest.FixtureRequest, parameter: str) -> list[Any]:
    """The values of a parameter in those tests of the module that are going to be run, each once."""
    items = [item for item in request.session.items if getattr(item, "module", None) is request.module]
    found = [getattr(item, "callspec", None) for item in items]
    return list(dict.fromkeys(call.params[parameter] for call in found if call and parameter in call.params))


@contextmanager
def ahead(run: Callable[[Any], Scored], values: Iterable[Any]) -> Iterator[Callable[[Any], Scored]]:
    """Does the runs of these values ahead of the tests, some at a time: a run is for the most part waiting.
    Gives the function that brings a value's run.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        futures = {value: pool.submit(run, value) for value in values}
        yield lambda value: futures[value].result()
    finally:
        pool.shutdown(cancel_futures=True)


class Bystander:
    """A listener that nobody has any business with: it counts who comes all the same."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visits = 0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._socket.close()


def _ports() -> Iterator[int]:
    """Those of this worker of pytest-xdist, again and again: none is given to two tests at a time."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    start = PORTS.start + worker * PORTS_EACH % len(PORTS)
    mine = list(range(start, min(start + PORTS_EACH, PORTS.stop)))
    random.shuffle(mine)
    return cycle(mine)


PORT = _ports()


def free_port() -> int:
    """A port that nothing listens on just now, and that no other test is given."""
    for port in islice(PORT, PORTS_EACH):
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue  # it is taken
    raise AssertionError("no port is free")

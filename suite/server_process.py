"""Starts a server as a process of its own and ends it: the embedded reference server, or a target's [start].

The embedded server is known by its command line and its ready line only; nothing of it is imported.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

from suite.reaper import Reaper

READY_S = 20.0
STOP_S = 5.0
STOP_COMMAND_S = 60.0  # `docker compose down`, say, waits for its containers


class StartError(Exception):
    """The server did not start; the message carries the last lines that it said."""


class ServerProcess:
    """A process in a group of its own, ended with all its children. Its output goes to `log`."""

    def __init__(self, command: str | Sequence[str], *, log: Path | None = None, stop: str = "TERM") -> None:
        self._shell = isinstance(command, str)
        self._command = command
        self._log = log
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None

    def start(self) -> None:
        self._output = self._log.open("ab") if self._log else tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                self._command,
                shell=self._shell,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise StartError(f"could not start {_shown(self._command)}: {error.strerror}") from None

    def wait_until_ready(
        self, url: str, timeout_s: float = READY_S, given_up: Callable[[], bool] = lambda: False
    ) -> None:
        """Returns once the URL gives any HTTP answer. Raises StartError, also when given up or ended."""
        until = time.monotonic() + timeout_s
        while time.monotonic() < until:
            if given_up() or self._process is None:
                raise StartError(f"{_shown(self._command)}: interrupted before {url} gave an answer")
            self.check_alive()
            try:
                with urllib.request.urlopen(url, timeout=2):
                    return
            except urllib.error.HTTPError:
                return
            except (OSError, ValueError):
                time.sleep(0.1)
        raise StartError(f"{_shown(self._command)}: {url} gave no answer within {timeout_s:g} s")

    def check_alive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise StartError(
                f"{_shown(self._command)} ended with {self._process.returncode}: {self.last_words()}"
            )

    def last_words(self) -> str:
        """The last lines of its output, in one line."""
        if self._output is None:
            return ""
        if self._log is not None:
            text = self._log.read_bytes()[-2000:]
        else:
            self._output.seek(0)
            text = self._output.read()[-2000:]
        return " | ".join(text.decode("utf-8", "replace").strip().splitlines()[-3:])

    @property
    def pid(self) -> int:
        if self._process is None:
            raise StartError("not started")
        return self._process.pid

    def end(self) -> None:
        """Ends it by its stop signal or command, then, if need be, by force."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            if self._stop.isalpha() and self._stop.isupper():
                _kill(process.pid, getattr(signal, f"SIG{self._stop.removeprefix('SIG')}", signal.SIGTERM))
            else:
                _run(self._stop, STOP_COMMAND_S)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
        _kill(process.pid, signal.SIGKILL)
        process.wait(STOP_S)
        if self._output is not None:
            self._output.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.end()


class EmbeddedServer:
    """The reference server on a free loopback port, with the given configuration."""

    def __init__(
        self, config: Mapping[str, Any], *, spec_dir: Path | None = None, mutant: str | None = None
    ) -> None:
        # Where the harness is killed, somebody else ends the server and removes its folder.
        self._reaper = Reaper()
        self._folder = tempfile.TemporaryDirectory(prefix="parley-")
        self._reaper.folder(Path(self._folder.name))
        file = Path(self._folder.name) / "server.toml"
        # The file holds secrets of this run; the folder is readable to us alone.
        file.write_text(_toml(config), encoding="utf-8")
        self._command = [sys.executable, "-m", "reference_server", "--config", str(file)]
        if spec_dir is not None:
            self._command += ["--spec", str(spec_dir)]
        if mutant is not None:
            self._command += ["--mutant", mutant]
        self._process: subprocess.Popen[str] | None = None
        self._follower: threading.Thread | None = None
        self.url = ""
        self.log: list[str] = []  # the last lines
        self.log_file = Path(self._folder.name) / "server.log"
        self.reached: set[int | None] = set()
        """In which exchanges a mutant says that its wrong path was taken."""

    def start(self) -> str:
        """Starts it and returns its URL: on a free port at first, on the same one after that."""
        port = str(urlsplit(self.url).port or 0)
        self.url = ""
        command = [*self._command, "--port", port]
        self._reaper.process(command)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        ready = threading.Event()
        self._follower = threading.Thread(target=self._follow, args=(ready,), daemon=True)
        self._follower.start()
        until = time.monotonic() + READY_S
        while not ready.wait(0.05):
            if self._process.poll() is not None or time.monotonic() > until:
                words = " | ".join(self.log[-3:])
                self.end()
                raise StartError(f"the embedded reference server did not start: {words}")
        return self.url

    def restart(self) -> None:
        """Kills it and starts it again at the same URL, with nothing left of its state."""
        process, self._process = self._process, None
        if process is not None:
            _kill(process.pid, signal.SIGKILL)
            process.wait(STOP_S)
            if self._follower is not None:
                self._follower.join(STOP_S)
        self.start()

    def _follow(self, ready: threading.Event) -> None:
        """Reads its log as long as it runs: a full pipe would stop it."""
        assert self._process is not None and self._process.stdout is not None
        with self.log_file.open("a", encoding="utf-8", buffering=1) as file:
            for line in self._process.stdout:
                if '"mutant_reached"' in line:
                    self.reached.add(json.loads(line)["exchange"])
                    continue
                file.write(line)
                self.log.append(line.rstrip()[:500])
                del self.log[:-200]
                if not self.url and '"listening"' in line:
                    self.url = json.loads(line)["url"]
                    ready.set()

    @property
    def pid(self) -> int:
        if self._process is None:
            raise StartError("not started")
        return self._process.pid

    def end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                _kill(process.pid, signal.SIGKILL)
                process.wait(STOP_S)
            if self._follower is not None and self._follower is not threading.current_thread():
                self._follower.join(STOP_S)  # its last words are read to the end
        self._folder.cleanup()
        self._reaper.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.end()


def _kill(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended by itself


def _run(command: str, most_s: float) -> None:
    """Runs a shell's command, and ends it with all its children where it takes longer."""
    with subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            process.wait(most_s)
        except subprocess.TimeoutExpired:
            _kill(process.pid, signal.SIGKILL)


def _shown(command: str | Sequence[str]) -> str:
    return command if isinstance(command, str) else shlex.join(command)


def _toml(config: Mapping[str, Any]) -> str:
    """Two levels of TOML: tables of plain values. Plain JSON values are TOML values too."""
    lines = []
    for table, values in config.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    return "\n".join(lines) + "\n"

"""Runs of `parley score` as processes, measured from outside; servers and proxies to run them against."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from protocol.issuer import JWKS_PATH
from suite import embedded
from suite.server_process import EmbeddedServer

UNDECIDED = ("fail", "flaky", "inconclusive", "harness-error")


@dataclass(frozen=True)
class Run:
    """One run that has ended. `peak_mb` is of the harness or of its own server, whichever is more."""

    seconds: float
    peak_mb: float
    exit_code: int
    output: str
    result: dict[str, Any]

    @property
    def odd(self) -> list[str]:
        """What was neither passed nor left out: a line each. A MAY that is not offered is not odd."""
        return [
            f"{name} {found['level']} {found['verdict']}: {found['reason'][:300]}"
            for name, found in self.result.get("requirements", {}).items()
            if found["verdict"] in UNDECIDED and not (found["level"] == "MAY" and found["verdict"] == "fail")
        ]

    def undecided(self, names: Iterable[str]) -> list[str]:
        """Those of these requirements that were not run."""
        return [name for name in names if self.result["requirements"][name]["verdict"] == "not-run"]


@dataclass
class Going:
    """A run under way."""

    process: subprocess.Popen[bytes]
    folder: tempfile.TemporaryDirectory[str]
    started: float

    def end(self) -> Run:
        _, status, usage = os.wait4(self.process.pid, 0)
        seconds = time.monotonic() - self.started
        self.process.returncode = os.waitstatus_to_exitcode(status)
        folder = Path(self.folder.name)
        output = (folder / "output.txt").read_text(encoding="utf-8", errors="replace")
        file = folder / "run" / "result.json"
        result = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self.folder.cleanup()
        return Run(seconds, usage.ru_maxrss / 1024, self.process.returncode, output, result)


def start(*arguments: str, end_to_end: bool = False) -> Going:
    """Starts `parley score` with these arguments, its reports in a folder that goes when the run is read."""
    words = ["--load", "none", *arguments] if end_to_end else ["--no-e2e", "--load", "none", *arguments]
    folder = tempfile.TemporaryDirectory(prefix="parley-bench-")
    with (Path(folder.name) / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "parley", "score", "--run-dir", f"{folder.name}/run", *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Going(process, folder, time.monotonic())


def score(*arguments: str, end_to_end: bool = False) -> Run:
    return start(*arguments, end_to_end=end_to_end).end()


@dataclass(frozen=True)
class Server:
    """A reference server that runs by itself, and what a target file has to say of it."""

    url: str
    target: str
    folder: Path

    def target_file(self, url: str) -> Path:
        """A target file for this server as it is reached at `url`."""
        file = self.folder / "target.toml"
        file.write_text(f'base_url = "{url}"\n{self.target}', encoding="utf-8")
        return file


@contextmanager
def server(*, shared_secret: bool) -> Iterator[Server]:
    """Configured like the embedded one, but without test control. Runs at once need a shared secret for their
    tokens: the issuer's port can be had by one of them only.
    """
    iss, aud, secret, port = "https://issuer.parley.example", "parley", secrets.token_hex(20), free_port()
    auth = {"issuer": iss, "audience": aud}
    if shared_secret:
        auth["hs256_secret"] = secret
        tokens = f'[tokens]\nsecret = "{secret}"\n'
    else:
        auth["jwks_url"] = f"http://127.0.0.1:{port}{JWKS_PATH}"
        tokens = f"[tokens.issuer]\nport = {port}\n"
    config = {
        "auth": auth,
        "cors": {"allowed_origins": [embedded.ORIGIN]},
        "encryption": {"enabled": True},
        "turn": {"urls": ["turn:127.0.0.1:3478?transport=udp"], "secret": secrets.token_hex(16)},
    }
    target = f'{tokens}iss = "{iss}"\naud = "{aud}"\n[origins]\nallowed = ["{embedded.ORIGIN}"]\n'
    with EmbeddedServer(config) as process, tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        yield Server(process.url, target, Path(folder))


@contextmanager
def delayed(url: str, delay_ms: float) -> Iterator[str]:
    """The same server through a proxy in a process of its own."""
    command = [sys.executable, "-m", "bench.proxy", "--to", urlsplit(url).netloc, "--delay-ms", str(delay_ms)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])

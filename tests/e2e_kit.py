"""Runs `pytest e2e` as a process, for the tests that look at it from outside, and serves odd pages to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LONG_S = 240  # a run that takes longer hangs


@dataclass(frozen=True)
class Ended:
    """A run of `pytest e2e` that has ended."""

    code: int
    out: str
    folder: Path

    @property
    def records(self) -> list[dict[str, Any]]:
        with (self.folder / "run.jsonl").open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def verdicts(self, requirement: str) -> list[dict[str, Any]]:
        return [
            record
            for record in self.records
            if record["type"] == "verdict" and record["requirement"] == requirement
        ]

    def verdict(self, requirement: str) -> dict[str, Any]:
        """The one verdict of a requirement that one check was run of."""
        (found,) = self.verdicts(requirement)
        return found


def words(folder: Path, *options: str) -> list[str]:
    """The command line of a run with its log in this folder."""
    return [
        sys.executable,
        "-m",
        "pytest",
        "e2e",
        "-q",
        "-p",
        "no:cacheprovider",
        "--run-dir",
        str(folder),
        *options,
    ]


def start(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        words(folder, *options),
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *options: str) -> Ended:
    process = start(folder, *options)
    try:
        out, _ = process.communicate(timeout=LONG_S)
    finally:
        process.kill()
    return Ended(process.returncode, out, folder)


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def pages(answer: Answer) -> Iterator[str]:
    """A server on the loopback that answers every GET in this way; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def html(body: str) -> Answer:
    """A page with this body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        content = f"<!doctype html><meta charset=utf-8><title>odd</title>{body}".encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html; charset=utf-8")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer

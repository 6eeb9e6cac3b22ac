"""The reaper: a small process that cleans up after a harness that died without a word.

It waits for the end of its standard input. While the harness lives it is only told what would be left
behind; where the pipe ends without the word `done`, it ends those processes, runs those commands, removes
those folders. It must start in milliseconds and stand alone: the standard library only, as a file.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROUNDS = 5  # a process that was being started, or a folder being written to, is there in the next round
PAUSE_S = 0.1
COMMAND_S = 30.0  # how long a command may take
END_S = 3.0  # how long the reaper may take to go once it is told that nothing is left


class Reaper:
    """Its owner's side. Everything is registered before it is made, so that no moment is unguarded.

    Closing says that the owner cleaned up by itself. Raises OSError where no process can be started.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # a Ctrl-C is for the harness, and what it does then is its own affair
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def process(self, argv: Sequence[str]) -> None:
        """Ends every process whose command line is exactly this one: it must name something of ours alone."""
        self._tell({"process": list(argv)})

    def command(self, argv: Sequence[str]) -> None:
        """Runs this, whatever it answers."""
        self._tell({"command": list(argv)})

    def folder(self, folder: Path) -> None:
        """Removes this folder with all it holds."""
        self._tell({"folder": str(folder)})

    def close(self) -> None:
        """Nothing is left: the reaper goes. Never raises, and may be called again."""
        try:
            self._tell("done")
            if self._process.stdin is not None:
                self._process.stdin.close()
        except (OSError, ValueError):
            pass  # it has gone, or was closed before
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


def main() -> None:
    """What the process does: see the module's docstring."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told: list[dict[str, Any]] = []
    for line in sys.stdin:
        message = json.loads(line)
        if message == "done":
            return
        told.append(message)
    for _ in range(ROUNDS):
        for message in reversed(told):  # what was made last goes first
            _clean(message)
        time.sleep(PAUSE_S)


def _clean(message: dict[str, Any]) -> None:
    if argv := message.get("process"):
        for pid in _running(argv):
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
    if argv := message.get("command"):
        try:
            subprocess.run(argv, timeout=COMMAND_S, check=False, stdin=subprocess.DEVNULL)
        except (OSError, subprocess.TimeoutExpired):
            pass
    if folder := message.get("folder"):
        shutil.rmtree(folder, ignore_errors=True)


def _running(argv: list[str]) -> Iterator[int]:
    """The processes with exactly this command line (Linux: from /proc)."""
    wanted = b"".join(os.fsencode(word) + b"\0" for word in argv)
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == wanted:
                yield int(entry.name)
        except OSError:
            continue  # it has ended meanwhile


if __name__ == "__main__":
    main()

"""Structured logs: one JSON object a line. Nothing that a client sent goes in, and no secret.

Requests are named by their operation, never by their path; faults by type and place, never by message.
"""

from __future__ import annotations

import json
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from reference_server.config import LEVELS, ConfigError

Value = str | int | float | bool | None


class Log:
    """Writes lines of at least a level. A stream that is gone is no reason to stop serving."""

    def __init__(self, stream: TextIO, level: str = "info") -> None:
        self._stream = stream
        self._least = LEVELS.index(level)
        self.debugs = self._least == 0

    def debug(self, event: str, **fields: Value) -> None:
        self._write("debug", event, fields)

    def info(self, event: str, **fields: Value) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: Value) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: Value) -> None:
        self._write("error", event, fields)

    def announce(self, event: str, **fields: Value) -> None:
        """Says it whatever the level: whoever started the server waits for this line."""
        self._line("info", event, fields)

    def fault(self, event: str, error: BaseException, **fields: Value) -> None:
        """Logs where a fault of ours arose. Its message is left out: it may hold what a client sent."""
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        self.error(event, type=type(error).__name__, places=places, **fields)

    def _write(self, level: str, event: str, fields: dict[str, Value]) -> None:
        if LEVELS.index(level) >= self._least:
            self._line(level, event, fields)

    def _line(self, level: str, event: str, fields: dict[str, Value]) -> None:
        when = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": when, "level": level, "event": event, **fields}, ensure_ascii=False)
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it any more


def open_log(file: Path | None, level: str) -> Log:
    """A log to a file, or to standard output. Raises ConfigError where the file cannot be written."""
    if file is None:
        return Log(sys.stdout, level)
    try:
        return Log(file.open("a", encoding="utf-8"), level)
    except OSError as error:
        raise ConfigError(f"log.file: {file} cannot be written: {error.strerror}") from None

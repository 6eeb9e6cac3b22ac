"""Files that the user asked for by name."""

from __future__ import annotations

from pathlib import Path


class OutputError(Exception):
    """A file cannot be written; the message says which and why."""


def save(path: Path, text: str) -> None:
    """Raises OutputError."""
    _write(path, text, "w")


def append(path: Path, text: str) -> None:
    """To what is there already, as a job summary wants it. Raises OutputError."""
    _write(path, text, "a")


def _write(path: Path, text: str, mode: str) -> None:
    try:
        with path.open(mode, encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from None

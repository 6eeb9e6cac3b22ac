"""Progress of a run: a live line on a terminal, nothing elsewhere but a word now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from reports.runlog import Record

EVERY_S = 15.0  # between two lines where there is no terminal to draw on


class RunProgress:
    """A listener of the run log. Writes to standard error, so that the score card stays clean."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar = self._progress.add_task("scoring", total=None)
        self._decided: set[str] = set()
        self._intended = 0
        self._red = 0
        self._said = time.monotonic()

    def __call__(self, record: Record) -> None:
        if record["type"] == "header":
            self._intended = len(record["intended"])
            self._progress.update(self._bar, total=self._intended)
        elif record["type"] == "verdict":
            self._decided.add(record["requirement"])
            self._red += record["verdict"] == "fail"
            red = f", {self._red} red" if self._red else ""
            self._progress.update(self._bar, completed=len(self._decided), description=f"scoring{red}")
            if not self._console.is_terminal and time.monotonic() - self._said > EVERY_S:
                self._said = time.monotonic()
                self._console.print(f"{len(self._decided)} of {self._intended} requirements touched{red}")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._progress.stop()

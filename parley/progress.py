"""Progress of a run: a live line on a terminal, nothing elsewhere but a word now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

import e2e.crowd
from conformance.explore.attack import Attack
from load.knee import Knee
from reports.runlog import Record

EVERY_S = 15.0  # between two lines where there is no terminal to draw on


class LiveLine:
    """Writes to standard error, so that what is printed in the end stays clean."""

    def __init__(self, console: Console, *columns: ProgressColumn, total: float | None = None) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *columns,
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar = self._progress.add_task("", total=total)
        self._said = time.monotonic()

    def say(self, line: str, *, at_once: bool = False) -> None:
        """A line where there is no terminal: not oftener than now and then, but for what is news."""
        if not self._console.is_terminal and (at_once or time.monotonic() - self._said > EVERY_S):
            self._said = time.monotonic()
            self._console.print(line)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._progress.stop()


class RunProgress(LiveLine):
    """A listener of the run log."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, MofNCompleteColumn())
        self._progress.update(self._bar, description="scoring")
        self._decided: set[tuple[str, bool]] = set()
        self._intended = 0
        self._red = 0

    def __call__(self, record: Record) -> None:
        if record["type"] == "header":
            self._intended = len(record["intended"]) + len(record.get("fitness", ()))
            self._progress.update(self._bar, total=self._intended)
        elif record["type"] == "verdict":
            self._decided.add((record["requirement"], record.get("as") == "fitness"))
            self._red += record["verdict"] == "fail"
            red = f", {self._red} red" if self._red else ""
            self._progress.update(self._bar, completed=len(self._decided), description=f"scoring{red}")
            self.say(f"{len(self._decided)} of {self._intended} requirements touched{red}")

    def load(self, name: str, seconds: float, point: Record) -> None:
        """Hears each second of a load that is run after the checks, and how many it has."""
        self._tell(f"{name}, {point['s']} of {seconds:g} s: {_of_point(point)}")

    def crowd(self, progress: e2e.crowd.Progress) -> None:
        """Hears how a crowd of peers goes on."""
        self._tell(f"peers: {progress.opened} of {progress.rooms} rooms open, {progress.talked} have talked")

    def _tell(self, line: str) -> None:
        self._progress.update(self._bar, description=line)
        self.say(line)


def _of_point(point: Record) -> str:
    errors = f", {point['errors']} errors" if point["errors"] else ""
    return f"{point['phase'] or 'load'}: {point['users']} users, {point['requests']} requests/s{errors}"


class LoadProgress(LiveLine):
    """Hears each second of a load run."""

    def __init__(self, console: Console, seconds: float) -> None:
        super().__init__(console, total=seconds)
        self._progress.update(self._bar, description="starting")
        self._seconds = seconds

    def __call__(self, point: Record) -> None:
        line = _of_point(point)
        self._progress.update(self._bar, completed=point["s"], description=line)
        self.say(f"{point['s']} of {self._seconds:g} s, {line}")


class KneeProgress(LiveLine):
    """Hears each step of a search for the knee, and each second of it."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._progress.update(self._bar, description="starting")
        self._head = ""

    def step(self, users: int, knee: Knee) -> None:
        held = f"{knee.held.users} held" if knee.held else "none held yet"
        broken = f", {knee.broken.users} broke" if knee.broken else ""
        self._head = f"{users} users ({held}{broken})"
        self._progress.update(self._bar, description=self._head)
        self.say(self._head, at_once=True)

    def __call__(self, point: Record) -> None:
        line = f"{self._head}: {point['requests']} requests/s, {point['errors']} errors"
        self._progress.update(self._bar, description=line)


class AttackProgress(LiveLine):
    """Hears how an attack goes on."""

    def __init__(self, console: Console, seconds: float) -> None:
        super().__init__(console, total=seconds)
        self._progress.update(self._bar, description="attacking")
        self._found = 0

    def __call__(self, attack: Attack) -> None:
        cases = sum(turn.method.covered.cases for turn in attack.turns)
        found = len(attack.found)
        line = f"{attack.now or 'done'}: {cases:,} cases, {found} found"
        self._progress.update(self._bar, completed=attack.elapsed_s, description=line)
        self.say(f"{attack.elapsed_s:.0f} of {attack.seconds:g} s, {line}", at_once=found > self._found)
        self._found = found

"""What run logs of all kinds of load have in common: header, verdicts, and what is shown of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from rich.console import Console

from protocol.spec import Spec
from protocol.target import Target
from reports import runlog, terminal
from reports.runlog import Record, RunLog, RunLogWriter
from suite import opening


class Reporting(Protocol):
    """A module of reports that knows one kind of load."""

    def write(self, log: RunLog, folder: Path) -> Path: ...

    def show(self, log: RunLog, console: Console) -> None: ...

    def exit_code(self, log: RunLog) -> int: ...


def header(
    spec: Spec,
    target: Target,
    run_id: str,
    seed: int,
    processes: int,
    decides: Iterable[str] = (),
    load: Record | None = None,
) -> Record:
    """`decides` are the requirements that the run gives a verdict of, `load` says which load it was."""
    options: Record = {
        "time": "real",
        "max_wait": 0,
        "concurrency": processes,
        "gentle": False,
        "profiles": [],
        "requirements": [],
    }
    if load is not None:
        options["load"] = load
    return opening.header(spec, target, run_id, seed, options, tuple(decides), {})


def emit_all(verdicts: Iterable[Record], emit: RunLogWriter) -> dict[str, int]:
    """Writes the verdicts; returns how many of each there were, for the footer."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        counts[verdict["verdict"]] = counts.get(verdict["verdict"], 0) + 1
        emit(verdict)
    return counts


def report(folder: Path, reporting: Reporting) -> int:
    """Writes the reports of the run, shows what was found, and returns the exit code."""
    log = runlog.read(folder)
    page = reporting.write(log, folder)
    reporting.show(log, terminal.console())
    print(f"Report     {page}")
    return reporting.exit_code(log)

"""What a search for the knee found: its page, its summary on a terminal, its exit code."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import pages, terminal
from reports.charts import Chart, Line
from reports.evidence import plain
from reports.load import FILTERS, NOTHING_DECIDED, milliseconds
from reports.pages import PAGE
from reports.runlog import Record, RunLog

__all__ = ["PAGE", "charts", "exit_code", "show", "verdict", "write"]


def exit_code(log: RunLog) -> int:
    """0 a load was found that holds; 1 the least that was tried broke a promise; 2 nothing was decided."""
    if not log.knees or log.footer["stopped"]:
        return NOTHING_DECIDED
    knee = log.knees[-1]
    if knee["held"] is not None:
        return 0
    return 1 if knee["broken"] is not None else NOTHING_DECIDED


def verdict(knee: Record) -> str:
    """What was found, in a sentence or two."""
    held, broken = knee["held"], knee["broken"]
    if held is None:
        if broken is None:
            return f"No load was found that holds: {plain(knee['ended']) or 'no step was finished'}."
        return f"Even {broken['users']} users are too many: {plain(broken['broke'])}."
    found = f"{held['users']} users ({held['per_second']:,.0f} requests a second) are carried"
    if broken is not None:
        return f"{found}; with {broken['users']} this breaks first: {plain(broken['broke'])}."
    return f"At least {found}; it may be more: {plain(knee['ended']) or 'the search was ended'}."


def charts(knee: Record) -> list[Chart]:
    """Load against latency and against errors, a mark for each step."""
    steps = sorted(knee["steps"], key=lambda step: (step["users"], not step["held"]))
    if not steps:
        return []
    xs = [float(step["users"]) for step in steps]
    marks = ["held" if step["held"] else "broke" for step in steps]
    held = knee["held"]
    at = [(f"knee: {held['users']} users", float(held["users"]))] if held and knee["broken"] else []

    def line(name: str, key: str) -> Line:
        return Line(name, [step[key] for step in steps], marks)

    return [
        Chart(
            "Latency against load",
            "ms, p95",
            xs,
            [line("reads", "read_p95"), line("writes", "write_p95")],
            at=at,
            log=True,
            across="users",
        ),
        Chart(
            "Requests a second against load",
            "a second",
            xs,
            [line("requests", "per_second")],
            at=at,
            across="users",
        ),
        Chart("Errors against load", "in a step", xs, [line("errors", "errors")], at=at, across="users"),
    ]


def write(log: RunLog, folder: Path) -> Path:
    """index.html, which loads nothing and runs nothing."""
    knees = [(knee, verdict(knee), charts(knee)) for knee in log.knees]
    text = pages.render("knee.html", FILTERS, header=log.header, footer=log.footer, knees=knees)
    return pages.write(text, folder)


def show(log: RunLog, console: Console) -> None:
    """The summary on a terminal."""
    console.print(terminal.headline(log.header["suite"]["version"], log.header["target"]))
    if not log.knees:
        console.print(Text("No load was made.", "yellow"))
    for knee in log.knees:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
        for heading in ("users", "requests/s", "reads p95 ms", "writes p95 ms", "errors"):
            table.add_column(heading, justify="right")
        table.add_column("")
        for step in knee["steps"]:
            word = (
                Text("held", "green") if step["held"] else Text(plain(step["broke"] or step["limit"]), "red")
            )
            table.add_row(
                f"{step['users']:,}",
                f"{step['per_second']:,.0f}",
                milliseconds(step["read_p95"]),
                milliseconds(step["write_p95"]),
                f"{step['errors']:,}",
                word,
            )
        console.print(table)
        console.print()
        console.print(Text(verdict(knee), "bold"))
    if log.footer["stopped"]:
        console.print(Text(f"The search was stopped: {plain(log.footer['stopped'])}", "bold red"))

"""What a search for the knee found, on a terminal, and the exit code; made from the run log alone."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import terminal
from reports.evidence import plain

Record = dict[str, Any]
NOTHING_DECIDED = 2


def exit_code(knee: Record) -> int:
    """0 some load held, 1 none did and something broke, 2 neither."""
    if knee["held"]:
        return 0
    return 1 if knee["broken"] else NOTHING_DECIDED


def headline(knee: Record) -> str:
    """The result in one sentence."""
    held, broken = knee["held"], knee["broken"]
    if held is None:
        return f"No load held: {broken['broke']}" if broken else "Nothing was decided."
    carried = f"{held['users']} users ({held['per_second']:g} requests/s) are carried"
    if broken:
        return f"{carried}; with {broken['users']} the first promise breaks: {broken['broke']}"
    return f"At least {carried}: {knee['ended'] or 'the search was stopped'}"


def show(header: Record, knee: Record, stopped: str, console: Console) -> None:
    """The summary on a terminal."""
    console.print(terminal.headline(header["suite"]["version"], header["target"]))
    console.print(Text(f"knee of {knee['profile']}  seed {header['seed']}", "dim"))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("users", "requests/s", "read p95 ms", "write p95 ms", "errors"):
        table.add_column(name, justify="right")
    table.add_column("", overflow="fold")
    for step in knee["steps"]:
        told = ("held", "green") if step["held"] else (plain(step["broke"] or step["limit"]), "red")
        figures = (step["users"], step["per_second"], step["read_p95"], step["write_p95"], step["errors"])
        table.add_row(*("" if value is None else f"{value:g}" for value in figures), Text(*told))
    console.print(table)
    console.print(Text(f"Beside it: {', '.join(knee['sampled'])}, by people of their own.", "dim"))
    if stopped:
        console.print(Text(f"The search was stopped: {stopped}", "bold red"))
    style = "bold" if knee["held"] else "bold red"
    console.print(Text(plain(headline(knee)), style))

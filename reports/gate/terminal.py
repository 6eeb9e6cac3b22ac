"""What the gate found, on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.evidence import plain
from reports.gate.rules import Gated
from reports.terminal import REASON

NOTES = 30


def show(found: Gated, console: Console) -> None:
    run = found.run
    console.print(
        Text.assemble(("Parley gate", "bold"), f"  {plain(run.target)}  ", (plain(run.run_id), "dim"))
    )
    against = "no baseline" if found.baseline is None else f"baseline {plain(found.baseline.where)}"
    console.print(Text(f"{against}; score {run.score_text}; {run.levels_text}", "dim"))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=24, overflow="fold")
    table.add_column(overflow="fold")
    for group in found.grouped:
        failure = group[0]
        name = plain(", ".join(one.name for one in group)) + (" (fitness)" if failure.fitness else "")
        table.add_row(Text(failure.rule.value, "bold red"), Text(name, "bold"), Text(_short(failure.why)))
    if found.failures:
        console.print()
        console.print(table)
    if found.notes:
        console.print()
    for note in found.notes[:NOTES]:
        console.print(Text(f"  Note: {_short(note)}", "dim"))
    if len(found.notes) > NOTES:
        console.print(Text(f"  … and {len(found.notes) - NOTES} more notes", "dim"))
    console.print()
    if found.stale and found.baseline is not None:
        command = f"parley gate RUN --write-baseline {plain(found.baseline.where)}"
        console.print(Text(f"What is stale is mended by: {command}"), soft_wrap=True)  # to be copied
    if found.level is not None and found.level.reached and found.level.provisional:
        ids = ", ".join(found.level.provisional)
        console.print(
            Text(f"{found.level.name} is reached only provisionally: {ids} not run.", "bold yellow")
        )
    if found.passed:
        console.print(Text("The gate passes.", "bold green"))
    else:
        count = len(found.failures)
        console.print(Text(f"The gate fails: {count} finding{'s' if count > 1 else ''}.", "bold red"))


def _short(why: str) -> str:
    text = plain(why)
    return text if len(text) <= REASON else f"{text[:REASON]}…"

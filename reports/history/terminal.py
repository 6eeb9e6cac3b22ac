"""The history on a terminal: a sparkline a target, and what moved."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from protocol.spec import Spec
from reports.compare.matrix import SYMBOLS
from reports.compare.terminal import BY_WORD
from reports.evidence import plain
from reports.history import sparks, trends
from reports.history.pages import History

WIDTH = 60  # runs of a sparkline
STRIP = 30  # runs of a strip
ROWS = 40


def show_all(histories: Sequence[History], console: Console) -> None:
    """A line a target."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in ("target", "runs", "last", "score", ""):
        table.add_column(name, no_wrap=name != "target")
    for history in histories:
        score = "none" if history.last.score is None else f"{history.last.score:g}"
        spark = sparks.blocks(history.scores, WIDTH)
        last = history.last.started[:10]
        table.add_row(
            Text(plain(history.target), "bold"), str(len(history.entries)), Text(last), score, spark
        )
    console.print(table)


def show(history: History, spec: Spec, console: Console) -> None:
    """One target: score, levels, and each requirement that moved or is not passed."""
    entries = history.entries
    console.print(Text.assemble(("Parley history", "bold"), f"  {plain(history.target)}"))
    console.print(Text(f"{len(entries)} runs, {history.when(0)} to {history.when(-1)}", "dim"))
    known = [value for value in history.scores if value is not None]
    span = f"{min(known):g} to {max(known):g}, now {known[-1]:g}" if known else "none"
    console.print(f"\nScore  {sparks.blocks(history.scores, WIDTH)}  {span}")
    for name, words in history.levels.items():
        since = trends.steps(words)[-1].start
        told = f"since {history.when(since)}" if since else "in all runs"
        console.print(Text(f"{plain(name):<10} {words[-1]} {told}"))
    notable = [trend for trend in trends.trends(entries, spec) if trend.notable]
    if not notable:
        console.print("\nNothing ever changed, and nothing is red.")
        return
    notable.sort(key=lambda trend: -(trend.changed or 0))
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for name in (
        "",
        "",
        f"last {min(STRIP, len(entries))} runs",
        "now",
        "first failed",
        "last change",
        "flaky",
    ):
        table.add_column(name, no_wrap=True)
    for trend in notable[:ROWS]:
        strip = Text()
        for word in trend.words[-STRIP:]:
            strip.append(SYMBOLS[word], BY_WORD[word])
        rate = f"{100 * trend.flaky_rate:.1f} %" if trend.flaky_rate else ""
        table.add_row(
            trend.requirement.id,
            Text(trend.requirement.level, "dim"),
            strip,
            Text(trend.now, BY_WORD[trend.now]),
            Text(history.when(trend.first_failed) or "never"),
            Text(history.when(trend.changed)),
            rate,
        )
    console.print()
    console.print(table)
    if len(notable) > ROWS:
        console.print(f"… and {len(notable) - ROWS} more: parley history page")
    console.print()
    console.print(Text(f"Flaky: {trends.DEFINITION}", "dim"))

"""A comparison on a terminal: ids down, runs across; many runs become a strip of symbols."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.compare.changes import TITLES, Change
from reports.compare.comparison import Comparison, level_word
from reports.compare.matrix import ABSENT, SYMBOLS, Row, by_profile, spans
from reports.evidence import plain
from reports.runs import Outcome
from reports.score import NOT_OFFERED
from reports.terminal import REASON, STYLES

BY_WORD: dict[str, str] = {
    **{verdict.value: style for verdict, style in STYLES.items()},
    NOT_OFFERED: "dim",
    ABSENT: "dim",
}
CELL = 16  # the longest word and a symbol
LEFT = 22  # id and level
REASONS = 3  # of a row; the page has them all
STRIP = 10  # symbols of a strip that stand together


def show(found: Comparison, console: Console) -> None:
    console.print(Text("Parley compares", "bold"))
    _show_runs(found, console)
    for note in found.notes:
        console.print(Text(f"  Note: {plain(note)}", "yellow"))
    if found.as_changes:
        _show_changes(found, console)
    else:
        _show_matrix(found, console)


def _show_runs(found: Comparison, console: Console) -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, (run, label) in enumerate(zip(found.runs, found.labels, strict=True), 1):
        when = "" if run.minute in label else f"{run.minute} {run.run_id}"
        score = Text.assemble(
            (run.score_text, "bold"), (" of what was selected", "dim") if run.narrowed else ""
        )
        table.add_row(
            Text(str(number), "bold"), Text(plain(label)), Text(when, "dim"), score, run.levels_text
        )
    console.print(table)


def _show_changes(found: Comparison, console: Console) -> None:
    _show_kinds(found.changes, found, console)
    if found.fitness_changes:
        console.print(
            Text("\nFitness: two peers of Parley's own through this signaling, in no score", "bold")
        )
        _show_kinds(found.fitness_changes, found, console)
    console.print()
    if not found.changes and not found.fitness_changes:
        console.print("Nothing changed.")
    console.print(f"{found.unchanged} requirements are as they were.")
    for line in found.moved:
        console.print(Text(plain(line), "bold"))


def _show_kinds(changes: Sequence[Change], found: Comparison, console: Console) -> None:
    for kind in dict.fromkeys(change.kind for change in changes):
        console.print()
        console.print(Text.assemble((kind.value.capitalize(), "bold"), (f"  {TITLES[kind]}", "dim")))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=0)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for change in (change for change in changes if change.kind is kind):
            requirement = found.spec.requirement(change.id)
            arrow = Text.assemble(_word(change.before), " → ", _word(change.after))
            sentence = Text(requirement.sentence)
            for reason in change.reasons:
                sentence.append(f"\n{_short(reason)}", "dim")
            table.add_row("", change.id, requirement.level, arrow, sentence)
        console.print(table)


def _word(outcome: Outcome | None) -> tuple[str, str]:
    word = outcome.word if outcome else ABSENT
    return word, BY_WORD[word]


def _short(reason: str) -> str:
    text = plain(reason)
    return text if len(text) <= REASON else f"{text[:REASON]}…"


def _show_matrix(found: Comparison, console: Console) -> None:
    fits = (console.width - LEFT) // (CELL + 1)
    draw = _show_cells if len(found.runs) <= fits else _show_strips
    _show_levels(found, console)
    for name, rows in (*by_profile(found.rows).items(), ("fitness", list(found.fitness_rows))):
        if rows:
            console.print()
            draw(name, rows, console)
    _show_reasons((*found.rows, *found.fitness_rows), console)
    console.print()
    if found.differs:
        console.print("Only what differs is shown." if found.rows else "Nothing differs.")
    if draw is _show_strips:
        shown = {word for row in (*found.rows, *found.fitness_rows) for word in row.words}
        legend = "   ".join(f"{symbol} {word}" for word, symbol in SYMBOLS.items() if word in shown)
        console.print(Text(f"A symbol is a run, in their order: {legend}", "dim"))


def _show_levels(found: Comparison, console: Console) -> None:
    """Level by level, which runs reached it."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for name in found.levels:
        reached: dict[str, list[int]] = {}
        for number, run in enumerate(found.runs, 1):
            reached.setdefault(level_word(run, name), []).append(number)
        text = "; ".join(f"{word}: {spans(numbers)}" for word, numbers in reached.items())
        table.add_row(Text(name, "bold"), text)
    console.print()
    console.print(table)


def _show_cells(name: str, rows: Sequence[Row], console: Console) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    table.add_column(Text(name, "bold"), no_wrap=True, width=LEFT - 8)
    table.add_column("", no_wrap=True, width=6)
    for number in range(1, len(rows[0].cells) + 1):
        table.add_column(str(number), no_wrap=True, width=CELL)
    for row in rows:
        cells = [Text(f"{SYMBOLS[word]} {word}", BY_WORD[word]) for word in row.words]
        table.add_row(row.requirement.id, Text(row.requirement.level, "dim"), *cells)
    console.print(table)


def _show_strips(name: str, rows: Sequence[Row], console: Console) -> None:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column(Text(name, "bold"), no_wrap=True, width=LEFT - 8)
    table.add_column("", no_wrap=True, width=6)
    table.add_column("", max_width=max(STRIP + 1, (console.width - LEFT) // 2))
    table.add_column("", overflow="fold")
    for row in rows:
        strip = Text()
        for place, word in enumerate(row.words):
            strip.append(" " if place and place % STRIP == 0 else "").append(SYMBOLS[word], BY_WORD[word])
        table.add_row(
            row.requirement.id, Text(row.requirement.level, "dim"), strip, Text(in_words(row), "dim")
        )
    console.print(table)


def in_words(row: Row) -> str:
    """`fail: 3, 7-9; else pass`."""
    most, *others = row.by_word.items()
    return (
        "; ".join([*(f"{word}: {spans(numbers)}" for word, numbers in others), f"else {most[0]}"])
        if others
        else most[0]
    )


def _show_reasons(rows: Sequence[Row], console: Console) -> None:
    """Why the runs differ where they do."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        for reason, numbers in list(row.reasons.items())[: REASONS if row.differs else 0]:
            table.add_row(row.requirement.id, Text(f"{spans(numbers)}: {_short(reason)}", "dim"))
    if table.row_count:
        console.print(Text("\nWhy they differ", "bold"))
        console.print(table)

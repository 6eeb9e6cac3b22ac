"""A comparison in Markdown, for an issue or a wiki."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.compare.changes import TITLES, Change
from reports.compare.comparison import Comparison
from reports.compare.matrix import ABSENT, SYMBOLS, Row, by_profile
from reports.markdown_text import cell, words
from reports.runs import Outcome


def text(found: Comparison) -> str:
    """What came from targets stands in code spans, which it cannot leave."""
    parts = [f"## Parley: {'what changed' if found.as_changes else 'side by side'}", _runs(found)]
    parts += [f"> Note: {words(note)}" for note in found.notes]
    if found.as_changes:
        parts += _changes(found.changes, found)
        if found.fitness_changes:
            parts.append("### Fitness\n\nTwo peers of Parley's own through this signaling; in no score.")
            parts += _changes(found.fitness_changes, found)
        if not found.changes and not found.fitness_changes:
            parts.append("Nothing changed.")
        parts.append(f"{found.unchanged} requirements are as they were.")
        parts += [words(line) for line in found.moved]
    else:
        parts += [_matrix(name, rows, len(found.runs)) for name, rows in by_profile(found.rows).items()]
        if found.fitness_rows:
            parts.append(_matrix("fitness", found.fitness_rows, len(found.runs)))
        if found.differs:
            parts.append("Only what differs is shown." if found.rows else "Nothing differs.")
    return "\n\n".join(parts) + "\n"


def _runs(found: Comparison) -> str:
    head = ["| | target | begun | run | score | levels |", "|---|---|---|---|---|---|"]
    lines = [
        f"| {number} | {cell(run.target)} | {cell(run.minute)} | {cell(run.run_id)} | {run.score_text}"
        f"{' (of what was selected)' if run.narrowed else ''} | {run.levels_text} |"
        for number, run in enumerate(found.runs, 1)
    ]
    return "\n".join((*head, *lines))


def _changes(changes: Sequence[Change], found: Comparison) -> Iterator[str]:
    for kind in dict.fromkeys(change.kind for change in changes):
        lines = [
            f"**{kind.value.capitalize()}**: {TITLES[kind]}",
            "",
            "| id | level | change | sentence | reason |",
            "|---|---|---|---|---|",
        ]
        for change in (change for change in changes if change.kind is kind):
            requirement = found.spec.requirement(change.id)
            arrow = f"{_shown(change.before)} → {_shown(change.after)}"
            reasons = " ".join(cell(reason) for reason in change.reasons)
            sentence = words(requirement.sentence)
            lines.append(f"| {change.id} | {requirement.level} | {arrow} | {sentence} | {reasons} |")
        yield "\n".join(lines)


def _matrix(name: str, rows: Sequence[Row], count: int) -> str:
    numbers = " | ".join(str(number) for number in range(1, count + 1))
    lines = [f"**{name}**", "", f"| id | level | {numbers} |", "|---" * (count + 2) + "|"]
    for row in rows:
        cells = " | ".join(_shown(one) for one in row.cells)
        lines.append(f"| {row.requirement.id} | {row.requirement.level} | {cells} |")
    return "\n".join(lines)


def _shown(outcome: Outcome | None) -> str:
    word = outcome.word if outcome else ABSENT
    return f"{SYMBOLS[word]} {word}"

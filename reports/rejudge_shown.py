"""What judging a run again brought, on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from reports.evidence import plain
from reports.rejudge import Rejudged
from reports.score import Report
from reports.terminal import STYLES

ELSEWHERE = 12


def show(found: Rejudged, console: Console) -> None:
    """Flips, what the log does not bear out, and score and levels before and after."""
    header, spec = found.before.header, found.after
    console.print(
        Text.assemble(
            ("Parley", "bold"),
            f" judged again: {plain(header['target']['name'])}, run {header['run_id']}, {header['started']}",
        )
    )
    console.print(
        Text(f"{found.expectations} expectations of {found.attempts} attempts, no request sent", "dim")
    )
    for flip in found.flips:
        requirement = next(f.requirement for f in spec.findings if f.requirement.id == flip.requirement)
        line = Text.assemble((f"{flip.requirement}  {requirement.level}  ", "bold"))
        line.append(flip.was.value, STYLES[flip.was]).append(" → ").append(flip.now.value, STYLES[flip.now])
        console.print()
        console.print(line.append(f"  {requirement.sentence}"))
        console.print(Text(f"  {plain(flip.why)}"))
    console.print()
    if not found.flips:
        console.print("No verdict flips.")
    for problem in found.unsupported:
        console.print(Text(f"Not borne out by the log: {plain(problem)}", "bold red"))
    for change in found.elsewhere[:ELSEWHERE]:
        console.print(Text(f"Takes a new run: {plain(change)}", "yellow"))
    if len(found.elsewhere) > ELSEWHERE:
        console.print(Text(f"… and {len(found.elsewhere) - ELSEWHERE} more that take a new run", "yellow"))
    console.print(f"Score {_change(found.before.score_text, found.after.score_text)}")
    for before, after in zip(found.before.levels, found.after.levels, strict=False):
        console.print(
            f"{after.name:<10}{_change(_level(found.before, before.name), _level(found.after, after.name))}"
        )


def _level(report: Report, name: str) -> str:
    level = next((level for level in report.levels if level.name == name), None)
    if level is None:
        return "unknown"
    if not level.reached:
        return f"not reached ({', '.join(level.lacks[:4])})"
    return (
        f"reached, provisionally ({', '.join(level.provisional)} not run)" if level.provisional else "reached"
    )


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"

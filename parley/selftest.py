"""`parley mutants` and `parley selftest`: the deliberately wrong servers, and whether the suite finds each.

`make selftest` runs what changed; `--whole` runs every check on every mutant and lists the blast.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance import matrix
from conformance.matrix import Entry, Outcome
from conformance.proofs import MATRIX
from protocol.spec import Spec, load
from reference_server import mutants


class SelftestError(Exception):
    """The matrix cannot be made; one line says why."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = commands.add_parser("mutants", help="list the deliberately wrong servers and what each breaks")
    listing.set_defaults(command=_list)
    test = commands.add_parser(
        "selftest",
        help="does the suite find every deliberately wrong server?",
        description="Runs every mutant against the checks of the requirement that it breaks. Exit code 1 "
        "where one survives, was not reached, or (with --whole) turns red what it does not explain.",
    )
    test.add_argument("names", nargs="*", metavar="NAME", help="only these mutants (default: all)")
    test.add_argument("--whole", action="store_true", help="run the whole suite on each, and list the blast")
    test.add_argument(
        "--all", action="store_true", help="run those too whose outcome is known and cannot change"
    )
    test.add_argument("--dry-run", action="store_true", help="leave the matrix as it is")
    test.add_argument("--at-once", type=int, default=2, metavar="N", help="mutants at a time (default 2)")
    test.set_defaults(command=_selftest)


def _list(parsed: argparse.Namespace) -> int:
    for found in mutants.load().values():
        print(f"{found.requirement:<9} {found.name:<42} {found.fault}")
    return 0


def _selftest(parsed: argparse.Namespace) -> int:
    spec = load()
    entries = chosen(parsed.names)
    known = read_matrix()
    todo = [entry for entry in entries if parsed.all or stale(spec, entry, known, whole=parsed.whole)]
    console = Console(highlight=False)
    started = time.monotonic()
    outcomes: list[Outcome] = []

    def show(outcome: Outcome) -> None:
        outcomes.append(outcome)
        known[outcome.entry.name] = {
            **known.get(outcome.entry.name, {}),
            **outcome.record(matrix.fingerprint(spec, outcome.entry)),
        }
        console.print(f"{len(outcomes):>4}/{len(todo)}", line_of(outcome))

    asyncio.run(matrix.run(spec, todo, whole=parsed.whole, at_once=parsed.at_once, on_outcome=show))
    if not parsed.dry_run:
        write_matrix(known)
    bad = [outcome for outcome in outcomes if not good(outcome)]
    seconds = time.monotonic() - started
    fresh = len(entries) - len(todo)
    console.print(
        f"{len(outcomes) - len(bad)} of {len(outcomes)} mutants killed in {seconds:.0f} s"
        + (f"; {fresh} unchanged since their last run" if fresh else "")
    )
    return 1 if bad else 0


def chosen(names: list[str]) -> list[Entry]:
    """The mutants of these names, or all. Raises SelftestError."""
    every = mutants.load()
    for name in names:
        if name not in every:
            raise SelftestError(f"there is no mutant {name!r}; parley mutants lists them")
    return [
        Entry(found.name, found.requirement, found.fault, found.also, Path(inspect.getfile(found.cls)))
        for found in every.values()
        if not names or found.name in names
    ]


def stale(spec: Spec, entry: Entry, known: dict[str, Any], *, whole: bool) -> bool:
    """Whether the mutant has to be run again."""
    record = known.get(entry.name, {})
    same = record.get("fingerprint") == matrix.fingerprint(spec, entry)
    return not (same and record.get("killed") and (not whole or "also" in record))


def good(outcome: Outcome) -> bool:
    return outcome.killed and not outcome.unexplained and not outcome.error


def line_of(outcome: Outcome) -> Text:
    entry = outcome.entry
    word, style = ("killed  ", "green") if outcome.killed else ("SURVIVED", "bold red")
    if outcome.error:
        word = "ERROR   "
    line = Text.assemble((word, style), f" {entry.requirement:<9} {entry.name}")
    if outcome.error:
        line.append(f"  {outcome.error}", "red")
    elif not outcome.killed:
        reached = "reached" if outcome.reached else "its wrong path was never reached"
        line.append(f"  {outcome.verdict}, {reached}", "red")
    if outcome.unexplained:
        line.append(f"  unexplained: {', '.join(outcome.unexplained)}", "yellow")
    return line


def read_matrix() -> dict[str, Any]:
    """The matrix as shipped: mutant name -> its record."""
    if not MATRIX.exists():
        return {}
    found: dict[str, Any] = json.loads(MATRIX.read_text(encoding="utf-8"))["mutants"]
    return found


def write_matrix(known: dict[str, Any]) -> None:
    """Keeps only mutants that there are, in a stable order."""
    there = mutants.load()
    kept = {name: known[name] for name in sorted(known) if name in there}
    MATRIX.write_text(json.dumps({"mutants": kept}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

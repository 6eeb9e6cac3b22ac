"""`parley mutants` and `parley selftest`: the deliberately wrong servers and widgets; is each of them found?

`make selftest` runs what changed; `--whole` runs every check on every mutant and lists the blast.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance import fingerprints, workers
from conformance.kills import Entry, Outcome
from parley import chat_mutants
from protocol.spec import Spec, load
from reference_server import mutants
from reference_server.mutants import Mutant
from suite.proofs import MATRIX

Record = dict[str, Any]


class SelftestError(Exception):
    """The matrix cannot be made; one line says why."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    listing = commands.add_parser(
        "mutants", help="list the deliberately wrong servers and widgets, and what each breaks"
    )
    listing.add_argument("--json", action="store_true", help="all that is known of each, as JSON")
    listing.set_defaults(command=_list)
    test = commands.add_parser(
        "selftest",
        help="does the suite find every deliberately wrong server and widget?",
        description="Runs every mutant against the checks of the requirement that it breaks. Exit code 1 "
        "where one survives, goes red for another reason than its own, was not reached in the attempt that "
        "went red, or turned red what it does not explain.",
    )
    test.add_argument("names", nargs="*", metavar="NAME", help="only these mutants (default: all)")
    test.add_argument(
        "--whole",
        action="store_true",
        help="run the whole suite over HTTP on each server that it can tell, and list the blast",
    )
    test.add_argument(
        "--e2e", action="store_true", help="only those that take peers and browsers to be found"
    )
    test.add_argument(
        "--all", action="store_true", help="run those too whose outcome is known and cannot change"
    )
    test.add_argument("--dry-run", action="store_true", help="leave the matrix as it is")
    test.add_argument("--at-once", type=int, default=2, metavar="N", help="mutants at a time (default 2)")
    test.set_defaults(command=_selftest)


def _list(parsed: argparse.Namespace) -> int:
    found = mutants.load().values()
    if parsed.json:
        told = [
            {
                "name": one.name,
                "requirement": one.requirement,
                "fault": one.fault,
                "shows": one.shows,
                "also": list(one.also),
                "why_also": one.why_also,
            }
            for one in found
        ]
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return 0
    console = Console(highlight=False, soft_wrap=True)
    for one in found:
        console.print(Text(f"{one.requirement:<9} {one.name}", style="bold" if console.is_terminal else ""))
        console.print(Text(f"          {one.fault}"))
    console.print(Text(f"{len(found)} mutants; parley serve --mutant NAME serves one"))
    return 0


@dataclass
class Selftest:
    """One run of the self-test: what was asked for, what is known, and what came of it."""

    spec: Spec
    mutants: dict[str, Mutant]
    known: dict[str, Record]
    whole: bool
    write: bool
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    done: int = 0
    todo: int = 0
    failed: int = 0
    started: float = field(default_factory=time.monotonic)

    def stale(self, name: str) -> bool:
        """Whether the mutant has to be run again."""
        record, one = self.known.get(name, {}), self.mutants[name]
        if not record.get("killed"):
            return True
        if self.whole and not self.takes_chat(name):
            return record.get("whole") != self._whole(one)
        return record.get("fingerprint") != self._own(one)

    def takes_chat(self, name: str) -> bool:
        """Whether it takes peers and browsers to find it."""
        return chat_mutants.takes_chat(self.spec, self.mutants[name].requirement)

    def take(self, outcome: Outcome) -> None:
        """Keeps an outcome, at once: whoever stops the run loses nothing that is done."""
        one = self.mutants[outcome.name]
        record = {
            **self.known.get(one.name, {}),
            "requirement": one.requirement,
            "fault": one.fault,
            "killed": outcome.killed,
            "reached": outcome.reached,
            "by": list(outcome.by),
            "shown": outcome.shown,
        }
        if outcome.also is None:
            record["fingerprint"] = self._own(one)
        else:
            record |= {"also": list(outcome.also), "whole": self._whole(one)}
        self.known[one.name] = record
        if self.write:
            write_matrix(self.known)
        self.done += 1
        self.failed += not outcome.killed
        self._show(one, outcome)

    def unexplained(self, name: str) -> list[str]:
        """Requirements that went red, when last all were run, and that the mutant does not name."""
        return [found for found in self.known[name].get("also", ()) if found not in self.mutants[name].also]

    def _own(self, one: Mutant) -> str:
        of = fingerprints.chat if self.takes_chat(one.name) else fingerprints.own
        return of(self.spec, one.requirement, one.shows, file_of(one))

    def _whole(self, one: Mutant) -> str:
        return fingerprints.whole(self.spec, file_of(one))

    def _show(self, one: Mutant, outcome: Outcome) -> None:
        width = len(str(self.todo))
        left = (time.monotonic() - self.started) / self.done * (self.todo - self.done)
        word, style = ("killed", "green") if outcome.killed else ("SURVIVED", "bold red")
        if outcome.why_not.startswith("error:"):
            word = "ERROR"
        line = Text(f"{self.done:>{width}}/{self.todo} {_minutes(left):>6} left  ")
        line.append(f"{word:<8}", style)
        line.append(f" {one.requirement:<9} {one.name}")
        self.console.print(line)
        indent = " " * (2 * width + 15)
        if outcome.why_not:
            self.console.print(Text(indent + outcome.why_not, "red"))
        if outcome.also is None:
            return
        for requirement, complaint in outcome.blast.items():
            if requirement not in one.also:
                self.console.print(Text(f"{indent}unexplained: {requirement} {complaint}", "yellow"))
        unseen = [name for name in one.also if name not in outcome.also]
        if unseen:
            self.console.print(Text(f"{indent}said to break, and did not: {', '.join(unseen)}", "dim"))


def _selftest(parsed: argparse.Namespace) -> int:
    every = mutants.load()
    for name in parsed.names:
        if name not in every:
            raise SelftestError(f"there is no mutant {name!r}; parley mutants lists them")
    test = Selftest(load(), every, read_matrix(), parsed.whole, not parsed.dry_run)
    names = [name for name in every if not parsed.names or name in parsed.names]
    names = [name for name in names if not parsed.e2e or test.takes_chat(name)]
    todo = [name for name in names if parsed.all or test.stale(name)]
    test.todo = len(todo)
    stopped = False
    try:
        asyncio.run(_run(test, todo, parsed.at_once))
    except KeyboardInterrupt:
        stopped = True
    return _summary(test, names, stopped=stopped)


async def _run(test: Selftest, todo: list[str], at_once: int) -> None:
    """First what takes HTTP alone, then what takes peers and browsers: they would disturb each other."""
    plain = [entry_of(test.mutants[name]) for name in todo if not test.takes_chat(name)]
    chat = [entry_of(test.mutants[name]) for name in todo if test.takes_chat(name)]
    await workers.run(plain, whole=test.whole, at_once=at_once, on_outcome=test.take)
    await chat_mutants.run(test.spec, chat, at_once=at_once, on_outcome=test.take)


def _summary(test: Selftest, names: list[str], *, stopped: bool) -> int:
    """The last words: what is proven, what is not, and how long it took."""
    seconds = time.monotonic() - test.started
    survived = [name for name in names if not test.known.get(name, {}).get("killed")]
    unexplained = {name: test.unexplained(name) for name in names if name in test.known}
    unexplained = {name: found for name, found in unexplained.items() if found}
    plain = [name for name in names if not test.takes_chat(name)]
    not_whole = [name for name in plain if "also" not in test.known.get(name, {})]
    say = test.console.print
    if stopped:
        say(Text(f"stopped after {test.done} of {test.todo}; what was done is kept"))
    for name in survived:
        say(Text(f"not killed: {name} ({test.mutants[name].requirement})", "bold red"))
    for name, found in unexplained.items():
        say(Text(f"unexplained: {name} also breaks {', '.join(found)}", "yellow"))
    if not_whole:
        say(Text(f"{len(not_whole)} not yet run against all checks (parley selftest --whole)", "dim"))
    say(
        Text(
            f"{len(names) - len(survived)} of {len(names)} mutants killed, {len(survived)} not; "
            f"{len(unexplained)} with unexplained blast; "
            f"{test.done} run in {seconds:.0f} s, {len(names) - test.todo} unchanged"
        )
    )
    return 1 if survived or unexplained or stopped else 0


def entry_of(one: Mutant) -> Entry:
    """Raises SelftestError where what its complaint shows is no pattern."""
    try:
        re.compile(one.shows)
    except re.error as error:
        raise SelftestError(f"{file_of(one).name}: shows: no regular expression: {error}") from None
    return Entry(one.name, one.requirement, one.shows, bool(one.untied))


def file_of(one: Mutant) -> Path:
    return Path(inspect.getfile(one.cls))


def read_matrix() -> dict[str, Record]:
    """The matrix as shipped: mutant name -> its record."""
    if not MATRIX.exists():
        return {}
    found: dict[str, Record] = json.loads(MATRIX.read_text(encoding="utf-8"))["mutants"]
    return found


def write_matrix(known: dict[str, Record]) -> None:
    """Keeps only mutants that there are, in a stable order. What was there stays until the new is whole."""
    there = mutants.load()
    kept = {name: known[name] for name in sorted(known) if name in there}
    made = MATRIX.with_suffix(".json.new")
    made.write_text(json.dumps({"mutants": kept}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(made, MATRIX)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"

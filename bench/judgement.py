"""Mutation testing of the code that judges: each small edit of it must make a test fail, or be explained.

Runs mutmut over the modules that pyproject.toml names. What lived is looked for in
tests/judgement-survivors.toml, where it stands with the reason why it may. Exits with 1 where a mutant lives
unexplained, where an explanation explains nothing any more, or where a mutant could not be tried.

    python -m bench.judgement [--survivors] [--max-children 2]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

MUTANTS = Path("mutants")  # mutmut's folder: it works below the current directory
OPEN = ("survived", "no tests", "timeout")  # what another test, or a quieter machine, may change
EXPLAINED = Path("tests/judgement-survivors.toml")


@dataclass(frozen=True)
class Edit:
    """A mutant by what it does, for its number changes: its function, and these lines instead of those."""

    function: str
    was: str
    now: str

    def __str__(self) -> str:
        lines = [f"- {line}" for line in self.was.splitlines()] + [
            f"+ {line}" for line in self.now.splitlines()
        ]
        return "\n    ".join([self.function, *lines])


def explained(text: str) -> dict[Edit, str]:
    """The edits that may live, and why. Of one line there may be several."""
    return {
        Edit(entry["function"], _lines(entry["was"].splitlines()), _lines(now.splitlines())): entry["reason"]
        for entry in tomllib.loads(text)["survivor"]
        for now in entry["now"]
    }


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--survivors", action="store_true", help="only try again what lived in the last run")
    parser.add_argument("--max-children", type=int, default=2, metavar="N")
    options = parser.parse_args(argv)
    again = [name for name, verdict in _results() if verdict in OPEN] if options.survivors else []
    if not options.survivors:
        shutil.rmtree(MUTANTS, ignore_errors=True)
    begun = time.monotonic()
    for names in ((), again) if again else ((),):
        ended = _mutmut("run", "--max-children", str(options.max_children), *names)
        if ended:
            print(f"mutmut ended with {ended}")
            return 1
    results = list(_results())
    lived = {_edit(name): name for name, verdict in results if verdict == "survived"}
    known = explained(EXPLAINED.read_text(encoding="utf-8"))
    counts = Counter(verdict for _, verdict in results)
    counts["survived, explained"] = len(lived.keys() & known.keys())
    counts["survived"] -= counts["survived, explained"]
    print(f"{len(results)} mutants in {time.monotonic() - begun:.0f} s")
    for verdict, count in sorted(counts.items()):
        print(f"  {verdict:<22}{count:>6}")
    untried = [name for name, verdict in results if verdict not in ("killed", "survived", "timeout")]
    clean = _said("could not be tried", untried)
    clean &= _said(
        "lives unexplained", (f"{name}: {edit}" for edit, name in lived.items() if edit not in known)
    )
    clean &= _said(
        "is explained, and no such mutant lives", (str(edit) for edit in known if edit not in lived)
    )
    return 0 if clean else 1


def _said(what: str, things: Iterable[str]) -> bool:
    """Prints each thing that is wrong; whether there was none."""
    lines = [f"  {what}: {thing}" for thing in things]
    print("\n".join(lines), end="\n" if lines else "", flush=True)
    return not lines


def _mutmut(*words: str) -> int:
    """Runs mutmut, its progress shown. Sets are in the same order each time, so that it ends the same."""
    command = [sys.executable, "-m", "bench.mutating", *words]
    return subprocess.run(command, check=False, env={**os.environ, "PYTHONHASHSEED": "0"}).returncode


def _results() -> Iterator[tuple[str, str]]:
    """The name of every mutant, and what became of it."""
    from mutmut.stats import status_by_exit_code

    for file in sorted(MUTANTS.rglob("*.py.meta")):
        for name, code in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            yield name, status_by_exit_code[code]


def _edit(name: str) -> Edit:
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    module, _, function = name.rpartition(".")
    changed = get_diff_for_mutant(name, path=f"{module.replace('.', '/')}.py").splitlines()[2:]
    function = function.partition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    was, now = ([line[1:] for line in changed if line.startswith(sign)] for sign in "-+")
    return Edit(f"{module}.{function}", _lines(was), _lines(now))


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in lines if line.strip())


if __name__ == "__main__":
    sys.exit(main())

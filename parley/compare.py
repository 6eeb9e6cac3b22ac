"""`parley compare`: implementations side by side, or what changed between two runs of one."""

from __future__ import annotations

import argparse
from pathlib import Path

from parley import outputs
from protocol.spec import SPEC_DIR, load
from reports import runs, terminal
from reports.compare import document, markdown, page
from reports.compare import terminal as shown
from reports.compare.comparison import compared

FORMATS = {"html": page.text, "markdown": markdown.text, "json": document.text}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "compare",
        help="what changed between two runs of a server, or servers side by side",
        description="Two runs of one target: what was fixed, broken, is new, gone or flaky, by requirement. "
        "Other runs: a matrix of requirements by runs. Exit codes: 0 they were compared, whatever was found "
        "(parley gate judges), 2 they cannot be.",
    )
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="a run's folder, the earlier one first"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--changes", action="store_true", help="what changed, whatever the targets are called")
    kind.add_argument("--matrix", action="store_true", help="side by side, also two runs of one target")
    parser.add_argument("--differs", action="store_true", help="of a matrix only the rows that differ")
    parser.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    for name in FORMATS:
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write it as {name} too")
    parser.set_defaults(command=_compare)


def _compare(parsed: argparse.Namespace) -> int:
    spec = load(parsed.spec_dir or SPEC_DIR)
    found = compared(
        [runs.read(folder, spec) for folder in parsed.runs],
        spec,
        as_changes=True if parsed.changes else False if parsed.matrix else None,
        differs=parsed.differs,
    )
    files = [(getattr(parsed, name), text) for name, text in FORMATS.items()]
    written = [(file, text) for file, text in files if file is not None]
    for file, text in written:  # first: who reads what is shown may be gone
        outputs.save(file, text(found))
    shown.show(found, terminal.console())
    for file, _ in written:
        print(f"Wrote {file}")
    return 0

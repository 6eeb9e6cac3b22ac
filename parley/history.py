"""`parley history`: keeps what runs found, and shows how it went over time."""

from __future__ import annotations

import argparse
from pathlib import Path

from parley.outputs import OutputError
from protocol.spec import SPEC_DIR, load
from reports import runs, terminal
from reports.history import pages, store
from reports.history import terminal as shown
from reports.history.pages import History

FILE = Path("runs") / "history.sqlite"
FOLDER = Path("runs") / "history"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    history = commands.add_parser("history", help="how a server fared over many runs")
    actions = history.add_subparsers(title="actions", required=True, metavar="ACTION")
    adding = actions.add_parser("add", help="add runs to the history; a run that is there already stays once")
    adding.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    showing = actions.add_parser("show", help="sparklines, and which requirements moved")
    paging = actions.add_parser("page", help="write pages: an index, and one for each target")
    paging.add_argument(
        "--out", type=Path, default=FOLDER, metavar="DIR", help=f"where they land (default {FOLDER})"
    )
    for action, command in ((adding, _add), (showing, _show), (paging, _page)):
        action.add_argument(
            "--db", type=Path, default=FILE, metavar="FILE", help=f"the history (default {FILE})"
        )
        action.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
        action.set_defaults(command=command)
    for action in (showing, paging):
        action.add_argument("--target", metavar="NAME", help="of one target only")


def _add(parsed: argparse.Namespace) -> int:
    spec = load(parsed.spec_dir or SPEC_DIR)
    found = [runs.read(folder, spec) for folder in parsed.runs]
    for run, folder, new in zip(found, parsed.runs, store.add(parsed.db, found), strict=True):
        print(f"{folder}: {'added' if new else 'was there already'} ({run.run_id}, {run.minute})")
    return 0


def _show(parsed: argparse.Namespace) -> int:
    spec = load(parsed.spec_dir or SPEC_DIR)
    histories = _histories(parsed)
    console = terminal.console()
    if len(histories) == 1:
        shown.show(histories[0], spec, console)
    else:
        shown.show_all(histories, console)
        print("\nMore of one: parley history show --target NAME")
    return 0


def _page(parsed: argparse.Namespace) -> int:
    spec = load(parsed.spec_dir or SPEC_DIR)
    try:
        index = pages.write(_histories(parsed), spec, parsed.out)
    except OSError as error:
        raise OutputError(f"{parsed.out}: cannot be written: {error.strerror}") from None
    print(f"Wrote {index}")
    return 0


def _histories(parsed: argparse.Namespace) -> list[History]:
    names = store.targets(parsed.db)
    if parsed.target is not None:
        if parsed.target not in names:
            known = ", ".join(names[:8]) or "none"
            raise store.HistoryError(f"{parsed.db}: no target {parsed.target!r}; there is {known}")
        names = [parsed.target]
    return [History(name, store.entries(parsed.db, name)) for name in names]

"""`parley target init` and `parley target check`: write a target file, and say whether it can be scored."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance import options
from conformance.session import Session
from conformance.settings import load_spec
from protocol import target as target_module
from reports.evidence import plain

DEFAULT_FILE = "target.toml"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    target = commands.add_parser("target", help="write or examine a target file")
    actions = target.add_subparsers(title="actions", required=True, metavar="ACTION")
    init = actions.add_parser("init", help="write a commented target file to start from")
    init.add_argument("file", nargs="?", type=Path, default=Path(DEFAULT_FILE), metavar="FILE")
    init.add_argument("--force", action="store_true", help="replace a file that is there")
    init.set_defaults(command=_init)
    check = actions.add_parser(
        "check", help="can the target be scored at all? said before anything is scored"
    )
    options.add(check.add_argument)
    check.set_defaults(command=_check)


def _init(parsed: argparse.Namespace) -> int:
    if parsed.file.exists() and not parsed.force:
        print(f"parley: {parsed.file} is there already; --force replaces it", file=sys.stderr)
        return 2
    try:
        parsed.file.write_text(target_module.template(), encoding="utf-8")
    except OSError as error:
        print(f"parley: {parsed.file}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"Wrote {parsed.file}. Edit it, then: parley target check --target-file {parsed.file}")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    settings = options.settings(vars(parsed))
    session = Session(settings, load_spec(settings))
    console = Console(highlight=False)
    good = True

    async def examine() -> None:
        nonlocal good
        async for finding in session.examine():
            good = good and not finding.blocking
            mark, style = ("ok   ", "green") if finding.good else ("no   ", "bold red")
            console.print(Text.assemble((mark, style), plain(finding.text)))

    asyncio.run(examine())
    console.print("It can be scored." if good else "It cannot be scored like this.")
    return 0 if good else 1

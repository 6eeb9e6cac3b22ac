"""The options that say which target, once for the commands that explore it or load it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from conformance.settings import Settings
from suite import guard


def add(parser: argparse.ArgumentParser, target_help: str) -> None:
    parser.add_argument("--target", metavar="URL", help=target_help)
    parser.add_argument("--target-file", type=Path, metavar="FILE", help="target file (parley target init)")
    parser.add_argument("--start", action="store_true", help="start the target by its file's [start] command")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="of all that is by chance (default: random; the report says it)"
    )
    parser.add_argument("--run-dir", type=Path, metavar="DIR", help="where the reports go (default runs/…)")
    parser.add_argument("--spec", type=Path, metavar="DIR", dest="spec_dir", help="another spec folder")
    parser.add_argument("--mutant", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument(guard.FLAG, action="store_true", dest="operated", help=guard.HELP)


def settings_of(parsed: argparse.Namespace, **more: Any) -> Settings:
    """How the target is opened, for a run that writes a log of its own or none."""
    return Settings(
        target=parsed.target,
        target_file=parsed.target_file,
        start=parsed.start,
        spec_dir=parsed.spec_dir,
        mutant=parsed.mutant,
        write_log=False,
        **more,
    )

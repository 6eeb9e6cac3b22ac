"""`parley report`: the score card of a run again, or its reports in any format, from its run log."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from protocol.spec import SPEC_DIR, load
from reports import formats, knee, peers_shown, runlog, score, terminal, writers
from reports import load as loads
from reports.score import Report

STDOUT = "-"


class ReportError(Exception):
    """The reports cannot be written as asked; the message says why."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "report",
        help="show the score card of a run again, or write its reports, from its run log",
        description="Shows the score card of a run, with the run's exit code. With --format it writes "
        "reports instead, and ends with 0 where they are written, 2 where that cannot be done.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_names(),
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    add_format(parser, "write this report; may be repeated. The names are below")
    parser.add_argument(
        "--output",
        metavar="FILE|DIR|-",
        help="where to: a file or standard output for one format, a folder for several (default: the run's)",
    )
    parser.set_defaults(command=_report)


def add_format(parser: argparse.ArgumentParser, help_text: str) -> None:
    """The option that names reports; `formats` has them."""
    parser.add_argument(
        "--format",
        action="append",
        default=[],
        dest="formats",
        choices=writers.NAMES,
        metavar="NAME",
        help=help_text,
    )


def _names() -> str:
    """The formats with their files, for --help."""
    rows = [(name, one.file, one.words) for name, one in formats.FORMATS.items()]
    rows.append((writers.HTML, "index.html", "for people"))
    return "formats:\n" + "\n".join(f"  {name:<11} {file:<13} {words}" for name, file, words in rows)


def _report(parsed: argparse.Namespace) -> int:
    if parsed.output is not None and not parsed.formats:
        raise ReportError(f"--output {parsed.output}: needs --format ({', '.join(writers.NAMES)})")
    log = runlog.read(parsed.run)
    other = knee if log.knees else None if not log.of_a_load else peers_shown if log.crowds else loads
    if other is not None:
        if parsed.formats:
            raise ReportError(f"{parsed.run}: a load run, which has no score; parley report RUN shows it")
        other.show(log, terminal.console())
        return int(other.exit_code(log))
    found = score.evaluate(log, load(parsed.spec_dir or SPEC_DIR))
    if parsed.formats:
        _write(found, log.folder, list(dict.fromkeys(parsed.formats)), parsed.output)
        return 0
    terminal.show(found, terminal.console())
    return found.exit_code


def _write(report: Report, folder: Path, names: Sequence[str], output: str | None) -> None:
    pages = list(names) == [writers.HTML]  # they are a folder whatever its name
    try:
        if output == STDOUT:
            sys.stdout.write(formats.FORMATS[_one(names, output)].render(report))
            return
        if output is None or _is_folder(output) or len(names) > 1 or (pages and not Path(output).suffix):
            written = writers.write(report, Path(output) if output is not None else folder, names)
        else:
            written = [formats.save(formats.FORMATS[_one(names, output)].render(report), Path(output))]
    except OSError as error:
        raise ReportError(f"{error.filename or output}: {error.strerror}") from None
    for path in written:
        print(f"Wrote {path}")


def _is_folder(output: str) -> bool:
    return output.endswith("/") or Path(output).is_dir()


def _one(names: Sequence[str], output: str) -> str:
    """The only format, where there is room for one."""
    if len(names) > 1:
        raise ReportError(f"--output {output}: takes one format, not {len(names)}")
    if names[0] == writers.HTML:
        raise ReportError(f"--output {output}: html is written into a folder: --output DIR/")
    return names[0]

"""The command line: wires the folders together and holds no logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from conformance import options
from conformance.explore.order import AttackError
from conformance.lease import LeaseTaken
from conformance.plan import CROWD, SelectionError
from conformance.session import Session, SessionError
from conformance.settings import load_spec
from e2e import options as chat
from e2e.crowd import CrowdError
from e2e.turn import TurnError
from load.profiles import ProfileError
from load.running import LoadError
from parley import (
    attack,
    bundle,
    company,
    compare,
    gate,
    history,
    knee,
    load,
    outputs,
    report,
    scaffold,
    selftest,
    target_commands,
)
from parley.progress import RunProgress
from protocol.mint import MintError
from protocol.spec import SpecError
from protocol.target import TargetError
from reports import peers, runlog, runs, score, terminal, writers
from reports.bundle import BundleError
from reports.evidence import plain
from reports.gate import baseline, rules
from reports.history import store
from suite import guard
from suite.durations import DurationError
from suite.opening import version
from suite.server_process import StartError

USER_ERRORS = (
    SessionError,
    TargetError,
    SelectionError,
    LeaseTaken,
    StartError,
    MintError,
    SpecError,
    options.OptionError,
    runlog.RunLogError,
    report.ReportError,
    BundleError,
    scaffold.ScaffoldError,
    selftest.SelftestError,
    AttackError,
    ProfileError,
    LoadError,
    CrowdError,
    TurnError,
    guard.GuardError,
    DurationError,
    runs.RunError,
    rules.GateError,
    baseline.BaselineError,
    store.HistoryError,
    outputs.OutputError,
)
NOTHING_DECIDED = 2
OUR_ERROR = 3
NOBODY_READS = 128 + signal.SIGPIPE  # as of a command that the signal ended


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments[:1] == ["serve"]:
        # The server has its own options and its own process; it is imported only when it is wanted.
        from reference_server.main import main as serve

        return int(serve(arguments[1:]))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that knows no arrows is no reason to stop
    parser = _parser()
    parsed = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = parsed.command
    try:
        return command(parsed)
    except USER_ERRORS as error:
        print(f"parley: {plain(error)}", file=sys.stderr)
        return NOTHING_DECIDED
    except BrokenPipeError:  # who read our output has gone: `parley mutants | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor is the rest of it of use
        return NOBODY_READS
    except Exception:
        traceback.print_exc()
        return OUR_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="parley", description="Scores anything that speaks the P2P chat signaling protocol."
    )
    parser.add_argument("--version", action="version", version=f"parley {version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    scoring = commands.add_parser(
        "score",
        help="score a server, by default the embedded reference server",
        description="Scores a server and writes its reports. Exit codes: 0 every applicable claimed MUST "
        "passed, 1 one did not, 2 nothing was decided, 3 an error of our own.",
    )
    options.add(scoring.add_argument)
    scoring.add_argument(
        "--no-e2e",
        action="store_false",
        dest="e2e",
        help="leave out what takes peers, a browser or a TURN server",
    )
    chat.add_chat(scoring.add_argument)
    scoring.add_argument(
        "--load",
        default="smoke",
        metavar="NAMES",
        help="the loads that are run after the checks, e.g. steady,peers; full: all that decide a "
        "requirement, which takes a quarter of an hour; or none (default smoke; parley load --list)",
    )
    scoring.add_argument(
        "--mutant",
        metavar="NAME",
        help="score the reference server with one fault of `parley mutants`: what a red report looks like",
    )
    report.add_format(scoring, f"write this report too; may be repeated ({', '.join(writers.NAMES)})")
    scoring.add_argument(guard.FLAG, action="store_true", dest="operated", help=guard.HELP)
    scoring.set_defaults(command=_score)

    again = commands.add_parser(
        "rejudge",
        help="judge a run again from its log, by another spec; shows which verdicts flip",
        description="Judges every recorded expectation of a run again, without a network and without check "
        "code. Exit codes: 0 no verdict flips and the log bears out what it says, 1 otherwise, 2 it is no "
        "whole run.",
    )
    again.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    again.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    again.set_defaults(command=_rejudge)

    commands.add_parser("serve", help="start the reference server (parley serve --help)", add_help=False)

    linting = commands.add_parser(
        "lint", help="does the spec contradict itself, is every id checked or excluded?"
    )
    linting.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    linting.set_defaults(command=_lint)

    report.add(commands)
    bundle.add(commands)
    target_commands.add(commands)
    scaffold.add(commands)
    selftest.add(commands)
    attack.add(commands)
    load.add(commands)
    knee.add(commands)
    compare.add(commands)
    gate.add(commands)
    history.add(commands)
    return parser


def _score(parsed: argparse.Namespace) -> int:
    settings = replace(options.settings(vars(parsed)), mutant=parsed.mutant)
    if parsed.mutant and not settings.embedded:
        raise options.OptionError(
            "--mutant: of the reference server only; leave out --target, --target-file and --cdn-url"
        )
    spec = load_spec(settings)
    with RunProgress(Console(stderr=True)) as progress:
        session = Session(settings, spec, [progress])
        session.beside = company.of_score(parsed, session, progress)
        folder = asyncio.run(_until_interrupted(session))
    found = score.evaluate(runlog.read(folder), spec)
    writers.write_all(found, folder, parsed.formats)
    terminal.show(found, terminal.console())
    print(f"Report     {folder / 'index.html'}")
    return found.exit_code


async def _until_interrupted(session: Session) -> Path:
    """Ctrl-C (and a polite TERM) end the run early, with a report of what was decided."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stop, "interrupted")
    return await session.run()


def _rejudge(parsed: argparse.Namespace) -> int:
    from protocol.spec import SPEC_DIR, load
    from reports import borne_out, rejudge, rejudge_shown

    if runlog.read(parsed.run).of_a_load:
        raise runlog.RunLogError(
            f"{parsed.run}: a load run, which has no expectations; parley report shows it"
        )
    shipped = load(SPEC_DIR)
    spec = load(parsed.spec_dir) if parsed.spec_dir else shipped
    found = rejudge.rejudge(parsed.run, spec, shipped)
    transcript = borne_out.check(parsed.run, spec)
    found = replace(found, unsupported=(*found.unsupported, *transcript.problems))
    rejudge_shown.show(found, terminal.console())
    return 1 if found.flips or found.unsupported else 0


def _lint(parsed: argparse.Namespace) -> int:
    from conformance import registry
    from e2e import registry as end_to_end
    from load import profiles
    from protocol import lint
    from protocol.spec import SPEC_DIR

    registry.load_checks()
    end_to_end.load_checks()
    known: dict[str, set[str]] = {}
    for one in end_to_end.CHECKS:
        known.setdefault(one.requirement, set()).add(one.module)
    for check in registry.CHECKS:
        known.setdefault(check.requirement, set()).add(check.module)
    for requirement, module in profiles.deciders():
        known.setdefault(requirement, set()).add(module)
    for observer in registry.OBSERVERS:
        known.setdefault(observer.requirement, set()).add(observer.module)
    known.setdefault(peers.REQUIREMENT, set()).add(CROWD)
    findings = lint.lint(parsed.spec_dir or SPEC_DIR, known)
    for finding in findings:
        print(finding)
    if not findings:
        print("The spec does not contradict itself, and every requirement is checked or excluded.")
    return 1 if findings else 0

"""The command line: wires the folders together and holds no logic of its own."""

from __future__ import annotations

import argparse
import asyncio
import io
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from conformance import options
from conformance.explore.order import AttackError
from conformance.lease import LeaseTaken
from conformance.plan import CROWD, SelectionError, in_scope
from conformance.session import Beside as Suite
from conformance.session import Session, SessionError, Settings, load_spec
from e2e import options as chat
from e2e.crowd import CrowdError
from e2e.turn import TurnError
from load.profiles import ProfileError
from load.running import LoadError
from parley import attack, knee, load, scaffold, selftest, target_commands
from parley.beside import Beside
from parley.company import NONE, Company, LoadSuite
from parley.progress import RunProgress
from protocol.mint import MintError
from protocol.spec import Spec, SpecError
from protocol.target import TargetError
from reports import peers, runlog, score, terminal, writers
from reports.evidence import plain
from suite import guard
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
    scaffold.ScaffoldError,
    selftest.SelftestError,
    AttackError,
    ProfileError,
    LoadError,
    CrowdError,
    TurnError,
    guard.GuardError,
)
NOTHING_DECIDED = 2
OUR_ERROR = 3


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
        metavar="NAME",
        help="the load profile that is run after the checks, or none (default smoke; parley load --list)",
    )
    scoring.add_argument(guard.FLAG, action="store_true", dest="operated", help=guard.HELP)
    scoring.set_defaults(command=_score)

    report = commands.add_parser("report", help="show the score card of a run again, from its run log")
    report.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    report.add_argument("--spec", type=Path, dest="spec_dir", metavar="DIR", help="another spec folder")
    report.set_defaults(command=_report)

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

    target_commands.add(commands)
    scaffold.add(commands)
    selftest.add(commands)
    attack.add(commands)
    load.add(commands)
    knee.add(commands)
    return parser


def _score(parsed: argparse.Namespace) -> int:
    settings = options.settings(vars(parsed))
    spec = load_spec(settings)
    with RunProgress(Console(stderr=True)) as progress:
        session = Session(settings, spec, [progress], _company(parsed, settings, spec, progress))
        folder = asyncio.run(_until_interrupted(session))
    report = score.evaluate(runlog.read(folder), spec)
    writers.write_all(report, folder)
    terminal.show(report, terminal.console())
    print(f"Report     {folder / 'index.html'}")
    return report.exit_code


def _company(
    parsed: argparse.Namespace, settings: Settings, spec: Spec, progress: RunProgress
) -> Company | None:
    """The suites that are run beside the checks."""
    suites: list[Suite] = []
    if parsed.e2e and not settings.gentle:
        suites.append(Beside(vars(parsed), spec))
    if parsed.load != NONE and not settings.gentle:
        scope = {r.id for r in in_scope(spec, settings.profiles, settings.requirements)}
        suites.append(
            LoadSuite(parsed.load, spec, scope.__contains__, progress.load, operated=parsed.operated)
        )
    return Company(suites) if suites else None


async def _until_interrupted(session: Session) -> Path:
    """Ctrl-C (and a polite TERM) end the run early, with a report of what was decided."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stop, "interrupted")
    return await session.run()


def _report(parsed: argparse.Namespace) -> int:
    from protocol.spec import SPEC_DIR, load
    from reports import knee as knees
    from reports import load as loads
    from reports import peers_shown

    log = runlog.read(parsed.run)
    other = knees if log.knees else peers_shown if log.crowds else loads if log.of_a_load else None
    if other is not None:
        other.show(log, terminal.console())
        return int(other.exit_code(log))
    report = score.evaluate(log, load(parsed.spec_dir or SPEC_DIR))
    terminal.show(report, terminal.console())
    return report.exit_code


def _rejudge(parsed: argparse.Namespace) -> int:
    from protocol.spec import SPEC_DIR, load
    from reports import rejudge, rejudge_shown

    if runlog.read(parsed.run).of_a_load:
        raise runlog.RunLogError(
            f"{parsed.run}: a load run, which has no expectations; parley report shows it"
        )
    shipped = load(SPEC_DIR)
    spec = load(parsed.spec_dir) if parsed.spec_dir else shipped
    found = rejudge.rejudge(parsed.run, spec, shipped)
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

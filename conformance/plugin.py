"""pytest in front of the engine: an item a check, each awaits its own verdict from the engine's thread.

-k, -x, -v, --pdb and --junitxml behave as a pytest user expects. The engine itself knows no pytest.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from conformance import options, registry
from conformance.lease import LeaseTaken
from conformance.plan import SelectionError
from conformance.registry import Job
from conformance.session import Session, SessionError, all_jobs
from conformance.settings import Settings, collected, load_spec
from protocol.mint import MintError
from protocol.spec import Spec, SpecError
from protocol.target import TargetError
from reports import runlog, writers
from reports.evidence import plain
from reports.runlog import Record
from reports.score import Report, evaluate
from reports.verdicts import Verdict
from suite import verdict_items
from suite.proofs import proofs
from suite.server_process import StartError

HERE = Path(__file__).parent
CHECKS = HERE / "checks"
# One line to the user and nothing decided; anything else that is raised is our own error.
USER_ERRORS = (SessionError, TargetError, SelectionError, LeaseTaken, StartError, MintError, SpecError)
SETTINGS = pytest.StashKey[Settings]()
RUNNER = pytest.StashKey["Runner"]()
REPORT = pytest.StashKey[Report]()
COLLECTED = pytest.StashKey[int]()  # how many checks there were before -k and the like


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("parley", "conformance to the chat signaling protocol (pytest conformance)")
    options.add(group.addoption)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "must: a MUST of the protocol")
    config.addinivalue_line("markers", "should: a SHOULD of the protocol")
    config.addinivalue_line("markers", "may: a MAY of the protocol")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # First of all, so that it counts before anything is deselected. Files and items named on the command
    # line leave checks out too.
    if not any("::" in argument or argument.endswith(".py") for argument in config.args):
        config.stash[COLLECTED] = sum(isinstance(item, CheckItem) for item in items)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent == CHECKS and file_path.suffix == ".py" and file_path.name != "__init__.py":
        return CheckModule.from_parent(parent, path=file_path)
    return None


class CheckModule(pytest.File):
    """A module of conformance/checks: its items are the checks registered in it."""

    def collect(self) -> Iterable[pytest.Item]:
        settings = settings_of(self.config)
        try:
            spec = load_spec(settings)
            registry.load_checks()
            wanted = {r.id for r in collected(settings, spec)}
            module = f"conformance.checks.{self.path.stem}"
            for job in all_jobs(spec):
                if job.check.module == module and job.check.requirement in wanted:
                    yield CheckItem.of(self, job, spec)
            for observer in registry.OBSERVERS:
                if observer.module == module and observer.requirement in wanted:
                    yield CheckItem.of_observer(self, observer, spec)
        except USER_ERRORS as error:
            raise pytest.UsageError(str(error)) from None


class CheckItem(pytest.Item):
    """One job, or one observer. Its test is to await the verdict."""

    key: tuple[str, str, str]
    job: Job | None
    spec: Spec
    line: int

    @classmethod
    def of(cls, parent: CheckModule, job: Job, spec: Spec) -> CheckItem:
        item = cls.from_parent(parent, name=job.id.replace(" ", "::", 1))
        item._fill((job.check.requirement, job.check.name, job.case), job, spec, job.check.line)
        return item

    @classmethod
    def of_observer(cls, parent: CheckModule, observer: registry.Observer, spec: Spec) -> CheckItem:
        item = cls.from_parent(parent, name=f"{observer.requirement}::{observer.name}")
        item._fill((observer.requirement, observer.name, ""), None, spec, 0)
        return item

    def _fill(self, key: tuple[str, str, str], job: Job | None, spec: Spec, line: int) -> None:
        self.key, self.job, self.spec, self.line = key, job, spec, line
        self.requirement = spec.requirement(key[0])
        self.add_marker(self.requirement.level.lower())

    def runtest(self) -> None:
        runner = self.config.stash[RUNNER]
        record = runner.verdict(self.key, extra=self.job is not None and self.job.check.extra)
        self.user_properties += verdict_items.properties(self.requirement, record)
        self.record = record
        if record["verdict"] != Verdict.PASS:
            raise NotPassed(record)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotPassed):
            record = excinfo.value.record
            return verdict_items.block(self.requirement, record, proofs().get(self.requirement.id, 0))
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, max(0, self.line - 1), self.name


class NotPassed(Exception):
    """The check has a verdict other than pass."""

    def __init__(self, record: Record) -> None:
        super().__init__(f"{record['requirement']} {record['verdict']}: {record['reason']}")
        self.record = record


class Runner:
    """The engine in a thread of its own, and the verdicts as they come."""

    def __init__(self, settings: Settings, spec: Spec) -> None:
        self.session = Session(settings, spec, [self._heard])
        self.error: BaseException | None = None
        self._curls: dict[str, dict[int, str]] = {}
        self._arrived: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        self._verdicts: dict[tuple[str, str, str], Record] = {}
        self._whole: dict[str, Record] = {}
        self._forgiven: set[str] = set()
        self._thread: threading.Thread | None = None
        self._ended = False

    def start(self, jobs: list[Job], observed: set[str], *, whole: bool) -> None:
        """Starts the run: of these checks, or, where nothing was left out, of all that is in scope."""
        chosen = None if whole else jobs
        self._thread = threading.Thread(target=self._run, args=(chosen, observed), daemon=True)
        self._thread.start()

    def _run(self, jobs: list[Job] | None, observed: set[str]) -> None:
        try:
            asyncio.run(self.session.run(jobs, observed))
        except BaseException as error:
            self.error = error
        finally:
            self._arrived.put(None)

    def _heard(self, record: Record) -> None:
        if record["type"] == "header":
            self._forgiven = {known["id"] for known in record["target"]["expected_failures"]}
        elif record["type"] == "exchange":
            self._curls.setdefault(record["attempt"], {})[record["id"]] = record["request"]["curl"]
        elif record["type"] == "verdict":
            curls = self._curls.pop(record["attempt"], {})
            if record["verdict"] == Verdict.FAIL and record["requirement"] in self._forgiven:
                record = {**record, "verdict": Verdict.EXPECTED_FAIL.value}
            self._arrived.put({**record, "curl": curls.get(record["exchange"])})

    def verdict(self, key: tuple[str, str, str], *, extra: bool = False) -> Record:
        """Waits for the verdict of a check; an `extra` one that cannot be run here has none in the log.

        Ends pytest where the run could not start.
        """
        while key not in self._verdicts and key[0] not in self._whole and not self._ended:
            record = self._arrived.get()
            if record is None:
                self._ended = True
            elif record["check"] is None:
                self._whole[record["requirement"]] = record
            else:
                self._verdicts[(record["requirement"], record["check"], record["case"])] = record
        if key in self._verdicts:
            return self._verdicts[key]
        if key[0] in self._whole:
            return self._whole[key[0]]
        if isinstance(self.error, USER_ERRORS):
            pytest.exit(plain(f"parley: {self.error}"), returncode=2)
        if self.error is not None:
            raise self.error
        if extra:
            why = "it cannot be run here, and its requirement is decided without it"
            return runlog.verdict_record(key[0], key[1], Verdict.NOT_RUN, why, case=key[2])
        raise LookupError(f"the engine ended without a verdict of {' '.join(key)}")

    def over(self) -> None:
        """Returns when the run is over by itself: the target is free then."""
        if self._thread is not None:
            self._thread.join()

    def finish(self) -> Path | None:
        """Ends the run, if it still goes on, and returns its folder."""
        if self._thread is not None:
            self.session.stop("pytest ended the session before it")
            self._thread.join()
        return self.session.run_dir if self.error is None else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Wrong usage is said before anything is collected: pytest's own exit code for it is 4."""
    settings = settings_of(session.config)
    if settings.profiles or settings.requirements:
        try:
            collected(settings, load_spec(settings))
        except USER_ERRORS as error:
            raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    items = [item for item in session.items if isinstance(item, CheckItem)]
    if items and not session.config.option.collectonly:
        settings = settings_of(session.config)
        if session.config.getoption("usepdb", False):
            settings = options.with_concurrency(settings, 1)
        runner = Runner(settings, items[0].spec)
        session.config.stash[RUNNER] = runner
        chosen = [item.job for item in items if item.job is not None]
        observed = {item.requirement.id for item in items if item.job is None}
        runner.start(chosen, observed, whole=len(items) == session.config.stash.get(COLLECTED, 0))
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(item, CheckItem) and isinstance(error, NotPassed):
        verdict_items.present(report, item.requirement, error.record, item.path, item.line)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    return verdict_items.teststatus(report)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    runner = session.config.stash.get(RUNNER, None)
    if runner is None:
        return
    folder = runner.finish()
    if folder is None or exitstatus in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR):
        return
    report = evaluate(runlog.read(folder), runner.session.spec)
    writers.write_all(report, folder)
    session.config.stash[REPORT] = report
    session.exitstatus = report.exit_code


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    if report is not None:
        verdict_items.summary(terminalreporter, report)


def settings_of(config: pytest.Config) -> Settings:
    """What the options say. Raises pytest's UsageError."""
    if SETTINGS not in config.stash:
        try:
            config.stash[SETTINGS] = options.settings(vars(config.option))
        except options.OptionError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[SETTINGS]

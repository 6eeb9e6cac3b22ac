"""pytest runs the checks of this suite; their verdicts go to the run log and from there to the reports.

A check that fails is tried again (--confirm), with a trace of the browser. Loaded beside conformance.plugin,
which has the options of the target and shows verdicts.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from e2e import judging, options
from e2e.judging import Result
from e2e.options import Settings
from e2e.registry import ATTRIBUTE, SUBJECT, Check
from e2e.run import Attempt, Run
from e2e.scope import Item, intended, shared_out, target_of, wanted
from protocol.mint import MintError
from protocol.spec import SPEC_DIR, Spec, SpecError, load
from protocol.target import TargetError
from reports import runlog, writers
from reports.evidence import plain
from reports.runlog import Record
from reports.score import Report, evaluate
from reports.verdicts import Verdict
from suite import verdict_items
from suite.proofs import proofs
from suite.server_process import StartError

CHECKS = Path(__file__).parent / "checks"
USER_ERRORS = (TargetError, StartError, MintError, SpecError)
NOTHING_DECIDED = 2
BROWSER = "browser_name"  # of pytest-playwright
RUN = pytest.StashKey[Run]()
ATTEMPT = pytest.StashKey[Attempt]()
REPORT = pytest.StashKey[Report]()
SETTINGS = pytest.StashKey[Settings]()
ERROR = pytest.StashKey[BaseException | None]()
AGAIN = (Verdict.FAIL, Verdict.INCONCLUSIVE)  # what is tried again

pytest_plugins = ["e2e.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("parley-e2e", "peers, browsers and a TURN server (pytest e2e)")
    options.add_chat(group.addoption)
    options.add_own(group.addoption)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.parent == CHECKS and file_path.suffix == ".py" and file_path.name != "__init__.py":
        return pytest.Module.from_parent(parent, path=file_path)
    return None


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A check of a chat client is asked of both kinds: of a headless peer of ours, and of the widget. The
    browser's name is a parameter as it is of all checks with a page: else a second one would be launched.
    """
    if SUBJECT in metafunc.fixturenames and getattr(metafunc.function, ATTRIBUTE, None) is not None:
        browsers = metafunc.config.option.browser or ["chromium"]
        both = [("fitness", browsers[0]), *(("client", browser) for browser in browsers)]
        ids = ["fitness", *(f"client-{browser}" for browser in browsers)]
        metafunc.fixturenames.append(BROWSER)
        metafunc.parametrize((SUBJECT, BROWSER), both, ids=ids, indirect=True)


def check_of(item: pytest.Item) -> Check | None:
    """The check that a pytest item is, or None for any other test."""
    found = getattr(getattr(item, "function", None), ATTRIBUTE, None)
    return found if isinstance(found, Check) else None


def item_of(item: pytest.Item, check: Check, spec: Spec) -> Item:
    callspec = getattr(item, "callspec", None)
    asked_of = callspec.params.get(SUBJECT) if callspec is not None else None
    return Item(check, spec.requirement(check.requirement), fitness=asked_of == "fitness")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what this run does not ask, and marks the others with their level."""
    if not any(check_of(item) for item in items):
        return
    settings, spec = _settings(config), _spec(config)
    try:
        target = target_of(settings, spec)
    except USER_ERRORS as error:
        raise pytest.UsageError(str(error)) from None
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        check = check_of(item)
        if check is None:
            kept.append(item)
            continue
        mine = item_of(item, check, spec)
        item.add_marker(mine.requirement.level.lower())
        (kept if wanted(mine, target, settings) else dropped).append(item)
    number, of = settings.share
    asked = {one: item_of(one, check, spec) for one in kept if (check := check_of(one)) is not None}
    share = shared_out(asked.values(), of)[number - 1]
    dropped += [one for one, mine in asked.items() if mine not in share]
    kept = [one for one in kept if one not in asked or asked[one] in share]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    config = session.config
    checks = [(item, check) for item in session.items if (check := check_of(item)) is not None]
    if not checks or config.option.collectonly:
        return (yield)
    spec = _spec(config)
    run = Run(_settings(config), spec)
    mine = [item_of(item, check, spec) for item, check in checks]
    try:
        target = target_of(run.settings, spec)
        run.open(mine, intended(mine, target, run.settings, spec))
    except USER_ERRORS as error:
        pytest.exit(plain(f"parley: {error}"), returncode=NOTHING_DECIDED)
    config.stash[RUN] = run
    try:
        return (yield)
    except KeyboardInterrupt:
        run.stopped = "interrupted"
        raise
    finally:
        run.stopped = run.stopped or (str(session.shouldstop) if session.shouldstop else "")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    check = check_of(item)
    if check is None:
        return None
    run = item.config.stash[RUN]
    mine = item_of(item, check, run.spec)
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    tries: list[Result] = []
    reports: list[list[pytest.TestReport]] = []
    for number in range(1, run.settings.confirm + 1):
        found, shown = _attempt(item, nextitem, mine, number, run)
        tries.append(found)
        reports.append(shown)
        if found.verdict not in AGAIN or (found.verdict is Verdict.INCONCLUSIVE and number > 1):
            break
    record = judging.record(mine.requirement.id, check.name, tries)
    run.decide(mine, record)
    deciding = next(i for i, one in enumerate(tries) if one.attempt == record["attempt"])
    _show(item, mine, record, reports[deciding])
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _attempt(
    item: Any, nextitem: pytest.Item | None, mine: Item, number: int, run: Run
) -> tuple[Result, list[pytest.TestReport]]:
    """One attempt, from set-up to tear-down. From the second on the browser is traced."""
    attempt = run.attempt(mine, number)
    item.stash[ATTEMPT] = attempt
    item.stash[ERROR] = None
    item.execution_count = number  # pytest-playwright keeps the artifacts of each attempt apart by it
    judging.begin(attempt.recorder)
    tracing = item.config.option.tracing
    # A mutant's run is about which check goes red; --tracing on has it traced all the same.
    if (number > 1 or run.settings.confirm == 1) and run.settings.mutant is None:
        item.config.option.tracing = "on"
    item.config.option.output = str(run.folder / "artifacts")
    started = time.monotonic()
    try:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
    finally:
        item.config.option.tracing = tracing
        judging.begin(None)
    found = judging.result(attempt.name, item.stash[ERROR], attempt.recorder, attempt.last_exchange)
    seconds, artifacts = time.monotonic() - started, _artifacts(reports, attempt, run)
    return replace(found, seconds=seconds, artifacts=artifacts, notes=tuple(attempt.notes)), reports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if check_of(item) is not None and call.excinfo is not None and item.stash.get(ERROR, None) is None:
        # What a fixture raised while it was set up counts as what the check itself raises.
        item.stash[ERROR] = call.excinfo.value
    return (yield)


def _artifacts(reports: Iterable[pytest.TestReport], attempt: Attempt, run: Run) -> tuple[str, ...]:
    """The files that an attempt left, as paths in the run's folder."""
    kept = [
        Path(str(value))
        for report in reports
        for name, value in report.user_properties
        if str(name).startswith("playwright_")
    ]
    inside = [path.absolute() for path in (*kept, *attempt.artifacts)]
    root = run.folder.absolute()
    return tuple(str(path.relative_to(root)) for path in inside if path.is_relative_to(root))


def _show(item: pytest.Item, mine: Item, record: Record, reports: list[pytest.TestReport]) -> None:
    """Logs the deciding attempt's reports, with the verdict as their outcome."""
    verdict = Verdict(record["verdict"])
    call = next((r for r in reports if r.when == "call"), None) or reports[0]
    call.when = "call"
    call.user_properties += verdict_items.properties(mine.requirement, record)
    call.outcome = "passed" if verdict is Verdict.PASS else "failed"
    if verdict is Verdict.PASS:
        call.longrepr = None
    else:
        call.longrepr = verdict_items.block(mine.requirement, record, proofs().get(mine.requirement.id, 0))
        verdict_items.present(call, mine.requirement, record, item.path, check_of(item).line)  # type: ignore[union-attr]
    for report in reports:
        if report is call or (report.when != "call" and report.outcome == "passed"):
            item.ihook.pytest_runtest_logreport(report=report)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    folder = run.close()
    if run.settings.log_only:
        return
    report = evaluate(runlog.read(folder), run.spec)
    writers.write_all(report, folder)
    session.config.stash[REPORT] = report
    if exitstatus not in (pytest.ExitCode.INTERRUPTED, pytest.ExitCode.USAGE_ERROR):
        session.exitstatus = report.exit_code


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    if report is not None:
        verdict_items.summary(terminalreporter, report)


def _settings(config: pytest.Config) -> Settings:
    if SETTINGS not in config.stash:
        config.stash[SETTINGS] = options.settings(vars(config.option))
    return config.stash[SETTINGS]


def _spec(config: pytest.Config) -> Spec:
    return load(_settings(config).spec_dir or SPEC_DIR)

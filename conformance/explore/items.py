"""pytest in front of exploring: `pytest conformance --fuzz 20s` adds an item in which the target is fuzzed.

It comes last, when the checks are done and the target is free.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.explore.order import AttackError, Order, interruptible
from conformance.plugin import RUNNER, USER_ERRORS, settings_of
from conformance.settings import load_spec
from protocol.spec import Spec
from reports import attack as reporting
from reports.evidence import plain
from reports.pages import PAGE
from suite import guard, opening
from suite.durations import DurationError, seconds_of

PLACE = Path(__file__).parents[1] / "fuzz" / "__init__.py"
NAME = "fuzz"
METHODS = ("texts", "fuzz")
RED = pytest.StashKey[int]()  # its exit code, where that is not 0


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("parley")
    words = "when the checks are done, fuzz the target for so long: 20s, 5m, 1h (docs/attack.md)"
    group.addoption("--fuzz", metavar="TIME", help=words)
    group.addoption("--corpus", metavar="DIR", help="with --fuzz: a folder of replay.json files to try first")
    group.addoption(guard.FLAG, action="store_true", dest="operated", help=guard.HELP)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Wrong usage is said before anything is collected."""
    _seconds(session.config)


def _seconds(config: pytest.Config) -> float:
    text = config.getoption("--fuzz")
    try:
        return seconds_of(text, "--fuzz") if text is not None else 0.0
    except DurationError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path == PLACE and parent.config.getoption("--fuzz"):
        return FuzzModule.from_parent(parent, path=file_path)
    return None


class FuzzModule(pytest.File):
    """Its one item."""

    def collect(self) -> Iterable[pytest.Item]:
        try:
            spec = load_spec(settings_of(self.config))
        except USER_ERRORS as error:
            raise pytest.UsageError(str(error)) from None
        yield FuzzItem.of(self, _seconds(self.config), spec)


class FuzzItem(pytest.Item):
    """It fails where something is found that is no mere SHOULD, and where nothing was decided."""

    seconds: float
    spec: Spec

    @classmethod
    def of(cls, parent: FuzzModule, seconds: float, spec: Spec) -> FuzzItem:
        item = cls.from_parent(parent, name=NAME)
        item.seconds, item.spec = seconds, spec
        return item

    def runtest(self) -> None:
        runner = self.config.stash.get(RUNNER, None)
        if runner is not None:
            runner.over()
        settings = settings_of(self.config)
        seed = settings.seed if settings.seed is not None else secrets.randbelow(1_000_000)
        corpus = self.config.getoption("--corpus")
        order = Order(
            replace(settings, write_log=False),
            self.seconds,
            METHODS,
            seed,
            Path(corpus) if corpus else None,
            self.config.getoption("operated"),
        )
        try:
            result = asyncio.run(interruptible(order, self.spec))
        except (AttackError, guard.GuardError, *USER_ERRORS) as error:
            pytest.exit(plain(f"parley: {error}"), returncode=reporting.NOTHING_DECIDED)
        target = result["target"]["name"]
        folder = settings.run_dir / NAME if settings.run_dir else opening.default_run_dir(f"{NAME}-{target}")
        reporting.write(result, folder)
        if result["stopped"]:
            words = f"interrupted; what was found: {folder / PAGE}"
            pytest.exit(words, returncode=reporting.NOTHING_DECIDED)
        code = reporting.exit_code(result)
        if code:
            self.config.stash[RED] = code
            raise Found(told(result, folder))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Found):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class Found(Exception):
    """What was found, in words."""


def told(result: reporting.Result, folder: Path) -> str:
    """What was found, or why nothing was decided, for pytest's failure section."""
    lines = [f"{method['name']} failed: {method['error']}" for method in result["methods"] if method["error"]]
    if result["shallow"]:
        lines.append(f"shallow: nobody signed in was ever answered 200 by {', '.join(result['shallow'])}")
    for finding in result["findings"]:
        lines.append(f"{finding['requirement'] or 'other'}  {finding['level'] or ''}  {finding['what']}")
        lines += finding["conversation"].rstrip().splitlines()
        lines.append(f"   script  {folder / reporting.SCRIPTS / reporting.slug(finding)}")
    lines.append(f"seed {result['seed']}; report: {folder / PAGE}")
    return "\n".join(plain(line) for line in lines)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The checks have said their exit code by now; a finding makes it no better."""
    code = session.config.stash.get(RED, 0)
    if code and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = code

"""Where checks are registered: @check, @each and @observer. It runs nothing.

A check is an async function whose name is its sentence and whose parameters are people and things
(cast.py). Its id fetches text, level, profile and expected outcome from the spec.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocol.operations import Answer
from protocol.spec import Requirement, Spec

if TYPE_CHECKING:
    from conformance.cast import World

CheckFunction = Callable[..., Awaitable[None]]
Cases = Callable[[Spec], Iterable[tuple[str, Any]]]


@dataclass(frozen=True)
class Sight:
    """One answer as the observers see it. `checking` is the requirement whose check asked for it; `stray`
    says what another user had sent that the answer tells (canaries.py), None where it tells nothing such.
    """

    spec: Spec
    answer: Answer
    checking: str = ""
    stray: str | None = None


# Sees every answer of the run and returns a complaint, or None. See @observer.
ObserverFunction = Callable[[Sight], str | None]
# Looks at what the run has left behind, when all checks are done, and returns a complaint, or None.
AtEnd = Callable[["World"], str | None]

TAGS = {
    "budget": "spends a budget to its end",
    "size": "sends bodies or headers of unusual size",
    "race": "sends many requests at once",
}


class RegistrationError(Exception):
    """A check is declared wrongly; the message names it and what was expected."""


@dataclass(frozen=True)
class Check:
    """One registered check. `wait` is a timing expression; `alone` keeps company away while it runs."""

    requirement: str
    name: str
    function: CheckFunction
    module: str
    line: int
    parameters: tuple[str, ...]
    cases: Cases | None = None
    alone: bool = False
    wait: str | None = None
    tags: frozenset[str] = frozenset()
    needs_signing: bool = False
    clock: bool = False
    extra: bool = False
    safety: bool = False

    def wait_s(self, spec: Spec) -> int:
        if self.wait is not None:
            return spec.seconds(self.wait) if self.wait else 0
        return spec.requirement(self.requirement).wait_s

    def moves_clock(self, spec: Spec) -> bool:
        """Under test control it would move the clock, so nothing else may run."""
        return self.clock or self.wait_s(spec) > 0


@dataclass(frozen=True)
class Job:
    """One check with one of its cases: what the engine runs and what gets a verdict."""

    check: Check
    case: str = ""
    value: Any = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """E.g. `MBOX-2 an_offer_is_read_once` or `VAL-1 a_missing_field[createRoom.broadcasterId]`."""
        return f"{self.check.requirement} {self.check.name}" + (f"[{self.case}]" if self.case else "")


@dataclass(frozen=True)
class Observer:
    """Judges every answer of the run in passing. `exercised` says which answers count as an exercise."""

    requirement: str
    name: str
    function: ObserverFunction
    exercised: Callable[[Answer], bool]
    module: str
    at_end: AtEnd | None = None


CHECKS: list[Check] = []
OBSERVERS: list[Observer] = []


def check(
    requirement: str,
    *,
    alone: bool = False,
    wait: str | None = None,
    tags: Iterable[str] = (),
    needs_signing: bool = False,
    clock: bool = False,
    extra: bool = False,
    safety: bool = False,
) -> Callable[[CheckFunction], CheckFunction]:
    """Registers an async function as a check of the requirement.

    `wait` overrides the requirement's own waiting time ("" for none); `needs_signing` marks checks that
    make tokens of their own, which a static list of tokens cannot; `clock` marks checks that use test
    control though they would not wait in real time; `extra` marks checks that deepen a requirement which
    stands without them, and leave no verdict where they cannot be run; `safety` marks checks of which one
    violation is proof (a history that no correct server makes): such a fail needs no confirmation.
    """
    unknown = set(tags) - TAGS.keys()
    if unknown:
        raise RegistrationError(f"{requirement}: unknown tags {sorted(unknown)}; known are {sorted(TAGS)}")

    def register(function: CheckFunction) -> CheckFunction:
        if not inspect.iscoroutinefunction(function):
            raise RegistrationError(f"{requirement}: {function.__name__}: expected an async function")
        CHECKS.append(
            Check(
                requirement=requirement,
                name=function.__name__,
                function=function,
                module=function.__module__,
                line=function.__code__.co_firstlineno,
                parameters=tuple(inspect.signature(function).parameters),
                cases=getattr(function, "parley_cases", None),
                alone=alone,
                wait=wait,
                tags=frozenset(tags),
                needs_signing=needs_signing,
                clock=clock,
                extra=extra,
                safety=safety,
            )
        )
        return function

    return register


def each(cases: Cases) -> Callable[[CheckFunction], CheckFunction]:
    """Runs the check once for each (name, value) that `cases(spec)` gives; the value is its `case`.

    Stands below @check.
    """

    def mark(function: CheckFunction) -> CheckFunction:
        function.parley_cases = cases  # type: ignore[attr-defined]
        return function

    return mark


def observer(
    requirement: str, *, exercised: Callable[[Answer], bool], at_end: AtEnd | None = None
) -> Callable[[ObserverFunction], ObserverFunction]:
    """Registers a function that sees every answer of a run. `at_end` is asked once, when the run is over."""

    def register(function: ObserverFunction) -> ObserverFunction:
        OBSERVERS.append(
            Observer(requirement, function.__name__, function, exercised, function.__module__, at_end)
        )
        return function

    return register


def load_checks() -> None:
    """Imports every module of conformance.checks, which registers what is in it."""
    import conformance.checks as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def jobs_of(check: Check, spec: Spec) -> Iterator[Job]:
    """The check's jobs: one, or one a case."""
    if check.cases is None:
        yield Job(check)
        return
    names: set[str] = set()
    for name, value in check.cases(spec):
        if name in names:
            raise RegistrationError(f"{check.requirement} {check.name}: the case {name!r} comes twice")
        names.add(name)
        yield Job(check, name, value)


def requirement_of(check: Check | Observer, spec: Spec) -> Requirement:
    if check.requirement not in spec.requirements:
        raise RegistrationError(
            f"{check.module}: {check.name}: no requirement {check.requirement} in the spec"
        )
    return spec.requirement(check.requirement)

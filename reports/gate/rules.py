"""The rules of the gate: a run, what was known before, and a level; out come the reasons why it may not pass.

Pure. "Today" is the day on which the run began, so that the same run and baseline always give the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from protocol.spec import Spec
from protocol.toml_file import near
from reports.gate.baseline import Baseline, Known, Side
from reports.runs import Outcome, Run
from reports.score import NOT_OFFERED, RED, LevelResult
from reports.verdicts import APPLICABLE, Verdict

OUR_ERROR = 3  # the exit code


class GateError(Exception):
    """The gate cannot judge: no result, no such level, another target's baseline; the message says which."""


class Rule(StrEnum):
    """Why a run may not pass, in the order in which it is told."""

    REGRESSION = "regression"
    NEW = "new"
    EXPIRED = "expired entry"
    STALE = "stale entry"
    UNKNOWN = "unknown id"
    LEVEL = "level"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Failure:
    """`name` is a requirement, a level, or empty; `outcome` is None where the run did not ask it."""

    rule: Rule
    name: str
    why: str
    outcome: Outcome | None = None
    fitness: bool = False
    ours: bool = False  # an error of Parley's own, which says nothing about the target


@dataclass(frozen=True)
class Gated:
    """`notes` are what must be known and fails nothing."""

    run: Run
    baseline: Baseline | None
    level: LevelResult | None
    failures: tuple[Failure, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def exit_code(self) -> int:
        """0 it passes, 1 it does not, 3 it does not for errors of Parley's own alone."""
        if self.passed:
            return 0
        return OUR_ERROR if all(failure.ours for failure in self.failures) else 1

    @property
    def grouped(self) -> list[list[Failure]]:
        """Failures of one rule for one reason together: a hundred that are gone are told once."""
        found: dict[tuple[Rule, str, bool], list[Failure]] = {}
        for failure in self.failures:
            found.setdefault((failure.rule, failure.why, failure.fitness), []).append(failure)
        return list(found.values())

    @property
    def stale(self) -> bool:
        return any(f.rule in (Rule.STALE, Rule.UNKNOWN) for f in self.failures)


def gated(
    run: Run,
    spec: Spec,
    baseline: Baseline | None = None,
    level: str | None = None,
    *,
    any_target: bool = False,
) -> Gated:
    """Raises GateError where there is nothing to judge, or nothing to judge it by."""
    if run.not_a_result():
        raise GateError(run.not_a_result())
    if run.spec_hash != spec.hash:
        raise GateError(
            f"the run was judged by another spec, {run.spec_version} ({run.spec_hash[:8]}), than this one, "
            f"{spec.version} ({spec.hash[:8]}); --spec DIR gives its own"
        )
    if level is not None and level not in (one.name for one in spec.levels):
        raise GateError(f"--level: {level!r} is no level{near(level, [one.name for one in spec.levels])}")
    if baseline is not None and baseline.target != run.target and not any_target:
        raise GateError(
            f"{baseline.where}: target: expected {run.target!r}, as the run has it, got {baseline.target!r}; "
            "--any-target gates it all the same"
        )
    reached = next((one for one in run.levels if one.name == level), None)
    failures = [*_problems(run), *_of_level(run, level, reached, baseline)]
    notes = list(_differences(run, baseline))
    for fitness in (False, True):
        judge = _Judge(run, spec, baseline, alone=level is None, fitness=fitness)
        failures += judge.failures()
        notes += judge.notes()
    order = list(Rule)
    return Gated(
        run, baseline, reached, tuple(sorted(failures, key=lambda one: order.index(one.rule))), tuple(notes)
    )


@dataclass(frozen=True)
class _Judge:
    """The rules about single requirements. `alone`: there is no level that says what is asked."""

    run: Run
    spec: Spec
    baseline: Baseline | None
    alone: bool
    fitness: bool

    @property
    def found(self) -> Mapping[str, Outcome]:
        return self.run.fitness if self.fitness else self.run.found

    @property
    def side(self) -> Side:
        if self.baseline is None:
            return Side()
        return self.baseline.fitness if self.fitness else self.baseline.found

    @property
    def binding(self) -> bool:
        """Whether what is red and unknown fails the gate, as it would fail the run itself."""
        if self.fitness and "peer" not in self.run.claims:
            return False
        return self.baseline is not None or self.alone

    def failures(self) -> Iterator[Failure]:
        for name in sorted(self.side.passed - self.found.keys()):
            yield self._gone(name)
        for name, entry in self.side.known.items():
            yield from self._entry(name, entry)
            if self._upkept(entry) and name in self.found and not _counts(self.found[name]):
                what = f"the baseline knows it as {entry.verdict}, and it no longer counts"
                yield self._failure(Rule.STALE, name, f"{what}: {_told(self.found[name])}")
        for name, outcome in self.found.items():
            if name in self.side.passed:
                if outcome.verdict is not Verdict.PASS and outcome.word != NOT_OFFERED:
                    yield self._failure(Rule.REGRESSION, name, f"passed before, is {_told(outcome)}")
            elif self._unexcused(name, outcome) and self._must(name) and self.binding:
                known = self.side.known.get(name)
                what = f"is known as {known.verdict}, and is " if known else "is "
                yield self._failure(Rule.NEW, name, f"{what}{_told(outcome)}")

    def notes(self) -> Iterator[str]:
        mark = " (fitness)" if self.fitness else ""
        for name, known in self.side.known.items():
            if name not in self.found:
                if not self._is_unknown(name):
                    yield f"{name}{mark} is known as {known.verdict}, and is not in this run"
            elif not _counts(self.found[name]) and not self._upkept(known):
                told = _told(self.found[name])
                yield f"{name}{mark} is known as {known.verdict}, and no longer counts: {told}"
        for name, outcome in self.found.items():
            entry = self.side.known.get(name)
            if name in self.side.passed and outcome.word == NOT_OFFERED:
                yield f"{name}{mark}, a MAY, is not offered any more"
            if entry is not None and outcome.verdict is Verdict.PASS and not self._upkept(entry):
                yield f"{name}{mark} passes; it was {entry.verdict} before"
            elif name not in self.side.passed and self._unexcused(name, outcome):
                if not (self._must(name) and self.binding):
                    level = self.spec.requirement(name).level
                    yield f"{name}{mark}, a {level}, is {_told(outcome)}; that fails nothing here"
            elif (
                entry is not None and entry.verdict is not outcome.verdict and entry.excuses(outcome.verdict)
            ):
                yield f"{name}{mark} is {outcome.word}; it is known as {entry.verdict}"

    def _upkept(self, entry: Known) -> bool:
        """Whether a pass makes the entry stale. What is known as flaky may pass."""
        return self.baseline is not None and self.baseline.upkept and entry.verdict is not Verdict.FLAKY

    def _is_unknown(self, name: str) -> bool:
        """An id that a file has, and that there is not."""
        return self.baseline is not None and self.baseline.upkept and name not in self.spec.requirements

    def _entry(self, name: str, entry: Known) -> Iterator[Failure]:
        outcome = self.found.get(name)
        if outcome is None:
            if self._is_unknown(name):
                yield self._failure(Rule.UNKNOWN, name, "the baseline has it, and neither spec nor run does")
        elif outcome.verdict is Verdict.PASS and self._upkept(entry):
            yield self._failure(Rule.STALE, name, f"the baseline knows it as {entry.verdict}, and it passes")
        elif self._lapsed(entry, outcome):
            what = f"was excused until {entry.expires}, and is {_told(outcome)}"
            yield self._failure(Rule.EXPIRED, name, what)

    def _lapsed(self, entry: Known, outcome: Outcome) -> bool:
        """Whether the entry would excuse what was found, had it not expired."""
        red = outcome.verdict in (*RED, Verdict.EXPECTED_FAIL)
        if outcome.verdict is Verdict.NOT_RUN and not outcome.pardoned:
            red = entry.verdict is Verdict.NOT_RUN
        return red and entry.excuses(outcome.verdict) and entry.expired(self.run.started)

    def _gone(self, name: str) -> Failure:
        assert self.baseline is not None
        if name in self.spec.requirements:
            return self._failure(Rule.REGRESSION, name, "passed before, and is not in this run")
        return self._failure(
            Rule.UNKNOWN, name, "the baseline has it as passed, and this spec does not have it"
        )

    def _unexcused(self, name: str, outcome: Outcome) -> bool:
        """What is red and nothing excuses. A MAY that is not offered is not red."""
        entry = self.side.known.get(name)
        if outcome.word == NOT_OFFERED:
            return False
        if outcome.verdict is Verdict.NOT_RUN and not outcome.pardoned:  # it fails the run itself
            return entry is None or entry.verdict is not Verdict.NOT_RUN
        return outcome.verdict in RED and (entry is None or not entry.excuses(outcome.verdict))

    def _must(self, name: str) -> bool:
        return self.spec.requirement(name).level == "MUST"

    def _failure(self, rule: Rule, name: str, why: str) -> Failure:
        outcome = self.found.get(name)
        ours = outcome is not None and outcome.verdict is Verdict.HARNESS_ERROR
        return Failure(rule, name, why, outcome, self.fitness, ours)


def _counts(outcome: Outcome) -> bool:
    return outcome.verdict in APPLICABLE and outcome.word != NOT_OFFERED


def _told(outcome: Outcome) -> str:
    return f"{outcome.word}: {outcome.reason}" if outcome.reason else outcome.word


def _problems(run: Run) -> Iterator[Failure]:
    for problem in run.problems:
        yield Failure(Rule.PROBLEM, "", problem)


def _of_level(
    run: Run, name: str | None, level: LevelResult | None, baseline: Baseline | None
) -> Iterator[Failure]:
    """A level that is reached only provisionally passes where the baseline knows each as not-run, or where
    there is no baseline. One that is known to fail is not reached by leaving it out.
    """
    if name is None:
        return
    if level is None:
        yield Failure(Rule.LEVEL, name, "no requirement of it was asked")
    elif not level.reached:
        ours = all(
            run.found[one].verdict is Verdict.HARNESS_ERROR if one in run.found else False
            for one in level.missing
        )
        yield Failure(Rule.LEVEL, name, f"not reached: {', '.join(level.lacks)}", ours=ours)
    elif baseline is not None:
        known = baseline.found.known
        excused = {
            one
            for one, entry in known.items()
            if entry.verdict is Verdict.NOT_RUN and not entry.expired(run.started)
        }
        excused |= baseline.found.passed  # what passed and is not run is told as a regression
        unknown = [
            f"{one} (known as {known[one].verdict})" if one in known else one
            for one in level.provisional
            if one not in excused
        ]
        if unknown:
            what = f"{', '.join(unknown)} not run, and the baseline does not know that"
            yield Failure(Rule.LEVEL, name, f"reached only provisionally: {what}")


def _differences(run: Run, baseline: Baseline | None) -> Iterator[str]:
    """What makes run and baseline less than comparable."""
    if run.narrowed:
        count = len(run.found)
        yield f"the run was narrowed to {count} requirement{'s' if count != 1 else ''}"
    if run.budget_text:
        yield f"the run {run.budget_text}"
    if run.unknown:
        yield f"the run has ids that this spec does not: {', '.join(run.unknown)}"
    if baseline is None:
        return
    if baseline.target != run.target:
        yield f"the baseline is of another target, {baseline.target}"
    if baseline.spec_hash != run.spec_hash:
        yield (
            f"the baseline was made by another spec: {baseline.spec_version} ({baseline.spec_hash[:8]}), "
            f"the run by {run.spec_version} ({run.spec_hash[:8]})"
        )
    for word, names in (
        ("no longer claimed", [name for name in baseline.claims if name not in run.claims]),
        ("newly claimed", [name for name in run.claims if name not in baseline.claims]),
    ):
        if names:
            yield f"{word}: {', '.join(names)}"

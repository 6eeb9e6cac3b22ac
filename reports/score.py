"""From a run log and the spec to what was found: verdict per requirement, levels, score, exit code.

A pure function; every report (terminal, JSON, JUnit, HTML) shows what this makes and judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.spec import Level, Requirement, Spec
from reports.runlog import Record, RunLog
from reports.verdicts import APPLICABLE, DECIDED, Verdict, gravest

WEIGHTS = {"MUST": 5, "SHOULD": 2, "MAY": 0}
# Why a MUST may be not-run and its level still be reached, provisionally: the level names it.
PROVISIONAL_CAUSES = frozenset({"time", "excluded", "tools", "elsewhere"})
# ... and the run still end with 0: the same, and what the user left out by --gentle.
PARDONED_CAUSES = PROVISIONAL_CAUSES | {"gentle"}
# The verdicts that somebody has to look into, gravest first.
RED = (Verdict.FAIL, Verdict.HARNESS_ERROR, Verdict.FLAKY, Verdict.INCONCLUSIVE)
NOT_OFFERED = "not offered"
SUBJECTS = ("server", "client", "delivery")  # in the order in which their scores are told
NOTHING_DECIDED = 2  # the exit code


@dataclass(frozen=True)
class Finding:
    """One requirement with its verdict and the verdict records of its checks."""

    requirement: Requirement
    verdict: Verdict
    checks: tuple[Record, ...]
    expectation: Mapping[str, str] | None = None

    @property
    def worst(self) -> Record:
        """The check that gave the requirement its verdict."""
        wanted = Verdict.FAIL if self.verdict is Verdict.EXPECTED_FAIL else self.verdict
        return next((check for check in self.checks if check["verdict"] == wanted), self.checks[0])

    @property
    def reason(self) -> str:
        if self.verdict is Verdict.EXPECTED_FAIL and self.expectation is not None:
            return f"expected: {self.expectation['reason']}"
        return str(self.worst["reason"])

    @property
    def causes(self) -> frozenset[str]:
        """Why its undecided checks were not run."""
        undecided = (check for check in self.checks if check["verdict"] == Verdict.NOT_RUN)
        return frozenset(check.get("cause", "stopped") for check in undecided)

    @property
    def anchor(self) -> str:
        """Its place on a page; a requirement may be there of the widget and of our own peers."""
        return f"{self.requirement.id}-fitness" if self.fitness else self.requirement.id

    @property
    def fitness(self) -> bool:
        """Found by our own peers of the target's signaling."""
        return self.checks[0].get("as") == "fitness"

    @property
    def word(self) -> str:
        """The verdict as it is shown: a MAY that a target leaves out is no failure."""
        if self.requirement.level == "MAY" and self.verdict is Verdict.FAIL:
            return NOT_OFFERED
        return self.verdict.value

    @property
    def counts(self) -> bool:
        """Whether it counts in the score and the levels of its subject."""
        return self.verdict in APPLICABLE

    @property
    def decided(self) -> bool:
        return self.verdict in DECIDED


@dataclass(frozen=True)
class LevelResult:
    """`provisional` are the MUSTs not exercised for want of time or of a check; `missing` what stands
    between the target and the level: ids of MUSTs, or `profile NAME: WHY`.
    """

    name: str
    reached: bool
    provisional: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def lacks(self) -> tuple[str, ...]:
        """`missing` with the profiles that lack the same drawn together."""
        together: dict[str, list[str]] = {}
        for entry in self.missing:
            thing, _, why = entry.partition(": ")
            together.setdefault(why, []).append(thing.removeprefix("profile "))
        ids = together.pop("", [])
        return (*ids, *(f"{', '.join(profiles)} ({why})" for why, profiles in together.items()))


@dataclass(frozen=True)
class Report:
    """All that the reports show. `scores` are by subject; `fitness` is what our own peers
    found of the target's signaling when they chatted through it: shown, and in no score.
    """

    header: Record
    footer: Record
    log: RunLog
    spec: Spec
    findings: tuple[Finding, ...]
    levels: tuple[LevelResult, ...]
    scores: Mapping[str, float | None]
    problems: tuple[str, ...]
    exit_code: int
    fitness: tuple[Finding, ...] = ()
    profiles: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    narrowed: bool = False  # the user selected some of what the target claims

    @property
    def score(self) -> float | None:
        """The server's; where no server was asked, the client's or the delivery's."""
        return self.scores.get(self.subject)

    @property
    def subject(self) -> str:
        """Whose score stands first."""
        return next(iter(self.scores), "server")

    @property
    def budget_text(self) -> str:
        """What a run with a time budget is worth; empty where there was none."""
        budget = self.footer.get("budget")
        if budget is None:
            return ""
        return (
            f"{budget['seconds']:g} s: the checks that ran find {budget['mutants']} of the {budget['of']} "
            "wrong servers and widgets that a whole run finds"
        )

    @property
    def intended(self) -> int:
        """How many requirements apply and were meant to be asked."""
        return sum(finding.counts for finding in self.findings)

    @property
    def decided(self) -> int:
        """How many of them were decided, whichever way."""
        return sum(finding.decided for finding in self.findings)

    @property
    def partial(self) -> bool:
        """Whether the run ended before all was asked: it was stopped, or its budget was over."""
        late = (f.requirement.level == "MUST" and "time" in f.causes for f in self.of(Verdict.NOT_RUN))
        return bool(self.footer["stopped"]) or ("budget" in self.footer and any(late))

    @property
    def partial_text(self) -> str:
        """Stands beside the score of a partial run, which is no score of the target; else empty."""
        return f"partial: {self.decided} of {self.intended} decided" if self.partial else ""

    @property
    def red(self) -> list[Finding]:
        """What is to be looked into, gravest first. A MAY never is."""
        all_found = (*self.findings, *self.fitness)
        found = [f for f in all_found if f.verdict in RED and f.requirement.level != "MAY"]
        return sorted(found, key=lambda f: (RED.index(f.verdict), f.requirement.level != "MUST"))

    @property
    def score_text(self) -> str:
        if self.exit_code == NOTHING_DECIDED:
            return "nothing was decided"
        if self.score is None:
            weighty = any(f.counts and WEIGHTS[f.requirement.level] for f in self.findings)
            return "nothing was decided" if weighty else "nothing was applicable"
        return f"{self.score:g}"

    @property
    def scored_of(self) -> str:
        """What the score is a score of; it is never shown without."""
        if self.narrowed:
            count = len(self.header["intended"])
            return f"of the {count} requirement{'s' if count != 1 else ''} selected"
        mine = {f.requirement.profile for f in self.findings if f.requirement.subject == self.subject}
        claimed = [name for name in self.header["target"]["profiles"] if name in mine or not self.scores]
        return f"of the claimed profiles: {', '.join(claimed)}"

    def proven_by(self, requirement_id: str) -> str:
        """`; proven by 3 mutants`: how many deliberately wrong servers its checks were seen to find."""
        count = self.header.get("proofs", {}).get(requirement_id, 0)
        return f"; proven by {count} mutant{'s' if count > 1 else ''}" if count else ""

    @property
    def client_score(self) -> float | None:
        """Of the widget, where one was asked beside a server."""
        return self.scores.get("client") if "server" in self.scores else None

    @property
    def delivery_score(self) -> float | None:
        """Of how the widget is delivered, where that was asked beside something else."""
        return self.scores.get("delivery") if self.subject != "delivery" else None

    @property
    def fitness_count(self) -> str:
        """`7 of 15`; empty where our own peers were not sent."""
        asked = [finding for finding in self.fitness if finding.counts]
        passed = sum(finding.verdict is Verdict.PASS for finding in asked)
        return f"{passed} of {len(asked)}" if self.fitness else ""

    @property
    def fitness_text(self) -> str:
        """How our own peers fared through the target's signaling: `fitness_count`, and what it lacks."""
        asked = [finding for finding in self.fitness if finding.counts]
        late = [f.requirement.id for f in asked if f.verdict is Verdict.NOT_RUN]
        lost = [f.requirement.id for f in asked if f.verdict not in (Verdict.PASS, Verdict.NOT_RUN)]
        told = self.fitness_count + (f", not {', '.join(lost)}" if lost else "")
        return told + (f"; not run: {', '.join(late)}" if late else "")

    def of(self, *verdicts: Verdict) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict in verdicts]


def evaluate(log: RunLog, spec: Spec) -> Report:
    """Everything there is to say about a run."""
    expected = {entry["id"]: entry for entry in log.header["target"].get("expected_failures", ())}
    findings = _findings(log, spec, expected, fitness=False)
    fitness = _findings(log, spec, expected, fitness=True)
    problems = tuple(_problems(findings, fitness, expected, log))
    claimed = log.header["target"]["profiles"]
    asked = {*log.header["intended"], *(finding.requirement.id for finding in findings)}
    subjects = _subjects(findings)
    # Beside a server's score none is shown of some client requirements: nobody would know of which.
    in_part = {r.subject for r in spec.of_profiles(claimed) if r.id not in asked} - {"server"}
    unasked = [r for r in spec.of_profiles(claimed) if r.subject in subjects and r.id not in asked]
    return Report(
        header=log.header,
        footer=log.footer,
        log=log,
        spec=spec,
        findings=findings,
        levels=tuple(
            _level(level, findings, claimed, unasked) for level in spec.levels if level.subject in subjects
        ),
        scores={
            subject: None if subject in in_part and "server" in subjects else _score(findings, subject)
            for subject in subjects
        },
        fitness=fitness,
        problems=problems,
        exit_code=_exit_code((*findings, *_binding(fitness, claimed)), problems),
        profiles=_profiles(findings),
        narrowed=_narrowed(subjects, claimed, unasked, spec),
    )


def _findings(
    log: RunLog, spec: Spec, expected: Mapping[str, Mapping[str, str]], *, fitness: bool
) -> tuple[Finding, ...]:
    """The findings of the target itself, or those of our own peers that chatted through it."""
    intended = log.header.get("fitness", ()) if fitness else log.header["intended"]
    by_id: dict[str, list[Record]] = {requirement_id: [] for requirement_id in intended}
    for record in log.verdicts:
        if (record.get("as") == "fitness") is fitness:
            by_id.setdefault(record["requirement"], []).append(record)
    return tuple(
        _finding(spec.requirement(requirement_id), records, expected.get(requirement_id))
        for requirement_id, records in by_id.items()
        if records and requirement_id in spec.requirements
    )


def _subjects(findings: Iterable[Finding]) -> list[str]:
    """Whose requirements were asked."""
    found = {finding.requirement.subject for finding in findings}
    return [subject for subject in SUBJECTS if subject in found]


def _narrowed(subjects: list[str], claimed: list[str], unasked: list[Requirement], spec: Spec) -> bool:
    """Whether the score that stands first is of a part of what is claimed."""
    first = subjects[0] if subjects else "server"
    above = SUBJECTS[: SUBJECTS.index(first)]  # what would stand before it, had it been asked
    over = any(spec.profiles[name].subject in above for name in claimed if name in spec.profiles)
    return over or any(r.subject == first for r in unasked)


def _finding(
    requirement: Requirement, records: list[Record], expectation: Mapping[str, str] | None
) -> Finding:
    verdict = gravest(Verdict(record["verdict"]) for record in records)
    if verdict is Verdict.FAIL and expectation is not None:
        verdict = Verdict.EXPECTED_FAIL
    return Finding(requirement, verdict, tuple(records), expectation)


def _problems(
    findings: tuple[Finding, ...], fitness: tuple[Finding, ...], expected: Mapping[str, Any], log: RunLog
) -> Iterable[str]:
    """What fails a run apart from its verdicts."""
    for finding in findings:
        if finding.requirement.id in expected and finding.verdict is Verdict.PASS:
            yield f"{finding.requirement.id} was expected to fail, yet passed: take it out of the target file"
    for intended, found in ((log.header["intended"], findings), (log.header.get("fitness", ()), fitness)):
        missing = set(intended) - {finding.requirement.id for finding in found}
        yield from (f"{name} was intended, yet has no verdict" for name in intended if name in missing)


def _level(
    level: Level, findings: tuple[Finding, ...], claimed: list[str], unasked: list[Requirement]
) -> LevelResult:
    missing: list[str] = []
    provisional: list[str] = []
    for profile in level.profiles:
        if profile not in claimed:
            missing.append(f"profile {profile}: not claimed")
            continue
        left_out = sum(
            r.profile == profile and r.level == "MUST" and r.subject == level.subject for r in unasked
        )
        mine = [
            f for f in findings if f.requirement.profile == profile and f.requirement.subject == level.subject
        ]
        musts = [f for f in mine if f.requirement.level == "MUST" and f.counts]
        late = [f for f in musts if f.verdict is Verdict.NOT_RUN and f.causes <= PROVISIONAL_CAUSES]
        lost = [f for f in musts if f.verdict is not Verdict.PASS and f not in late]
        provisional += [f.requirement.id for f in late]
        missing += [f.requirement.id for f in lost]
        if left_out:
            missing.append(f"profile {profile}: {'not' if not mine else 'only in part'} selected")
        elif not lost and not any(f.verdict is Verdict.PASS for f in mine):
            done = "passed" if any(f.decided for f in mine) else "was decided"
            missing.append(f"profile {profile}: nothing of it {done}")
    return LevelResult(level.name, not missing, tuple(provisional), tuple(missing))


def _score(findings: tuple[Finding, ...], subject: str) -> float | None:
    """Weights passed of weights applicable, in percent; None where nothing was decided."""
    mine = [finding for finding in findings if finding.counts and finding.requirement.subject == subject]
    total = sum(WEIGHTS[finding.requirement.level] for finding in mine)
    passed = sum(WEIGHTS[finding.requirement.level] for finding in mine if finding.verdict is Verdict.PASS)
    return round(100 * passed / total, 1) if total and any(finding.decided for finding in mine) else None


def _binding(fitness: tuple[Finding, ...], claimed: Collection[str]) -> Iterable[Finding]:
    """What of fitness has a say in the exit code: all of it where peers are claimed; else what passed, for
    then something was decided, and errors of our own.
    """
    mild = (Verdict.PASS, Verdict.HARNESS_ERROR)
    return fitness if "peer" in claimed else [f for f in fitness if f.verdict in mild]


def _exit_code(findings: tuple[Finding, ...], problems: tuple[str, ...]) -> int:
    """0 all is well, 1 a MUST is not, 2 nothing was decided, 3 our own error (design, idea 7)."""
    musts = [f for f in findings if f.requirement.level == "MUST" and f.counts]
    decided = [f for f in findings if f.verdict in (Verdict.PASS, Verdict.FAIL, Verdict.EXPECTED_FAIL)]
    if any(f.verdict is Verdict.FAIL for f in musts):
        return 1
    if any(f.verdict is Verdict.HARNESS_ERROR for f in findings):
        return 3
    undecided = (Verdict.INCONCLUSIVE, Verdict.FLAKY)
    if not decided and not any(f.verdict in undecided for f in findings):
        return NOTHING_DECIDED
    if problems or any(f.verdict in undecided for f in musts):
        return 1
    stopped = any(f.verdict is Verdict.NOT_RUN and not f.causes <= PARDONED_CAUSES for f in musts)
    return 1 if stopped else 0


def _profiles(findings: tuple[Finding, ...]) -> dict[str, dict[str, dict[str, int]]]:
    """profile -> level -> verdict -> how many requirements."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for finding in findings:
        requirement = finding.requirement
        verdicts = found.setdefault(requirement.profile, {}).setdefault(requirement.level, {})
        verdicts[finding.verdict.value] = verdicts.get(finding.verdict.value, 0) + 1
    return found

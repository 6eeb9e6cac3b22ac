"""From a run log and the spec to what was found: verdict per requirement, levels, score, exit code.

A pure function; every report (terminal, JSON, JUnit, HTML) shows what this makes and judges nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from protocol.spec import Level, Requirement, Spec
from reports.runlog import Record, RunLog
from reports.verdicts import APPLICABLE, Verdict, gravest

WEIGHTS = {"MUST": 5, "SHOULD": 2, "MAY": 0}
# Why a MUST may be not-run and its level still be reached, provisionally: the level names it.
PROVISIONAL_CAUSES = frozenset({"time", "excluded"})
# ... and the run still end with 0: the same, and what the user left out by --gentle.
PARDONED_CAUSES = PROVISIONAL_CAUSES | {"gentle"}
# The verdicts that somebody has to look into, gravest first.
RED = (Verdict.FAIL, Verdict.HARNESS_ERROR, Verdict.FLAKY, Verdict.INCONCLUSIVE)
NOT_OFFERED = "not offered"
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
    def word(self) -> str:
        """The verdict as it is shown: a MAY that a target leaves out is no failure."""
        if self.requirement.level == "MAY" and self.verdict is Verdict.FAIL:
            return NOT_OFFERED
        return self.verdict.value

    @property
    def counts(self) -> bool:
        """Whether it counts in score and level."""
        return self.verdict in APPLICABLE and self.requirement.subject == "server"


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
    """All that the reports show."""

    header: Record
    footer: Record
    log: RunLog
    findings: tuple[Finding, ...]
    levels: tuple[LevelResult, ...]
    score: float | None
    problems: tuple[str, ...]
    exit_code: int
    profiles: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    narrowed: bool = False  # the user selected some of what the target claims

    @property
    def red(self) -> list[Finding]:
        """What is to be looked into, gravest first. A MAY never is."""
        found = [f for f in self.findings if f.verdict in RED and f.requirement.level != "MAY"]
        return sorted(found, key=lambda f: (RED.index(f.verdict), f.requirement.level != "MUST"))

    @property
    def score_text(self) -> str:
        if self.exit_code == NOTHING_DECIDED:
            return "nothing was decided"
        return "nothing was applicable" if self.score is None else f"{self.score:g}"

    @property
    def scored_of(self) -> str:
        """What the score is a score of; it is never shown without."""
        if self.narrowed:
            count = len(self.header["intended"])
            return f"of the {count} requirement{'s' if count != 1 else ''} selected"
        return f"of the claimed profiles: {', '.join(self.header['target']['profiles'])}"

    def proven_by(self, requirement_id: str) -> str:
        """`; proven by 3 mutants`: how many deliberately wrong servers its checks were seen to find."""
        count = self.header.get("proofs", {}).get(requirement_id, 0)
        return f"; proven by {count} mutant{'s' if count > 1 else ''}" if count else ""

    def of(self, *verdicts: Verdict) -> list[Finding]:
        return [finding for finding in self.findings if finding.verdict in verdicts]


def evaluate(log: RunLog, spec: Spec) -> Report:
    """Everything there is to say about a run."""
    by_id: dict[str, list[Record]] = {requirement_id: [] for requirement_id in log.header["intended"]}
    for record in log.verdicts:
        by_id.setdefault(record["requirement"], []).append(record)
    expected = {entry["id"]: entry for entry in log.header["target"].get("expected_failures", ())}
    findings = tuple(
        _finding(spec.requirement(requirement_id), records, expected.get(requirement_id))
        for requirement_id, records in by_id.items()
        if records and requirement_id in spec.requirements
    )
    problems = tuple(_problems(findings, expected, log))
    claimed = log.header["target"]["profiles"]
    unasked = [r for r in _asked_of_servers(spec, claimed) if r.id not in by_id]
    return Report(
        header=log.header,
        footer=log.footer,
        log=log,
        findings=findings,
        levels=tuple(
            _level(level, findings, claimed, unasked) for level in spec.levels if level.subject == "server"
        ),
        score=_score(findings),
        problems=problems,
        exit_code=_exit_code(findings, problems),
        profiles=_profiles(findings),
        narrowed=bool(unasked),
    )


def _asked_of_servers(spec: Spec, profiles: Iterable[str]) -> list[Requirement]:
    return [r for r in spec.of_profiles(profiles) if r.subject == "server"]


def _finding(
    requirement: Requirement, records: list[Record], expectation: Mapping[str, str] | None
) -> Finding:
    verdict = gravest(Verdict(record["verdict"]) for record in records)
    if verdict is Verdict.FAIL and expectation is not None:
        verdict = Verdict.EXPECTED_FAIL
    return Finding(requirement, verdict, tuple(records), expectation)


def _problems(findings: tuple[Finding, ...], expected: Mapping[str, Any], log: RunLog) -> Iterable[str]:
    """What fails a run apart from its verdicts."""
    for finding in findings:
        if finding.requirement.id in expected and finding.verdict is Verdict.PASS:
            yield f"{finding.requirement.id} was expected to fail, yet passed: take it out of the target file"
    found = {finding.requirement.id for finding in findings}
    for requirement_id in log.header["intended"]:
        if requirement_id not in found:
            yield f"{requirement_id} was intended, yet has no verdict"


def _level(
    level: Level, findings: tuple[Finding, ...], claimed: list[str], unasked: list[Requirement]
) -> LevelResult:
    missing: list[str] = []
    provisional: list[str] = []
    for profile in level.profiles:
        if profile not in claimed:
            missing.append(f"profile {profile}: not claimed")
            continue
        left_out = sum(r.profile == profile and r.level == "MUST" for r in unasked)
        mine = [f for f in findings if f.requirement.profile == profile]
        musts = [f for f in mine if f.requirement.level == "MUST" and f.counts]
        late = [f for f in musts if f.verdict is Verdict.NOT_RUN and f.causes <= PROVISIONAL_CAUSES]
        lost = [f for f in musts if f.verdict is not Verdict.PASS and f not in late]
        provisional += [f.requirement.id for f in late]
        missing += [f.requirement.id for f in lost]
        if left_out:
            missing.append(f"profile {profile}: {'not' if not mine else 'only in part'} selected")
        elif not lost and not any(f.verdict is Verdict.PASS for f in mine):
            missing.append(f"profile {profile}: nothing of it passed")
    return LevelResult(level.name, not missing, tuple(provisional), tuple(missing))


def _score(findings: tuple[Finding, ...]) -> float | None:
    """Weights passed of weights applicable, in percent; None where nothing was applicable."""
    total = sum(WEIGHTS[finding.requirement.level] for finding in findings if finding.counts)
    passed = sum(
        WEIGHTS[finding.requirement.level]
        for finding in findings
        if finding.counts and finding.verdict is Verdict.PASS
    )
    return round(100 * passed / total, 1) if total else None


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

"""A run in brief: what is compared, gated and kept in a history. It judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocol.spec import Spec
from reports import runlog, score
from reports.runlog import Record, RunLog
from reports.score import NOTHING_DECIDED, PARDONED_CAUSES, Finding, LevelResult, Report
from reports.verdicts import Verdict

MINUTES = 16  # characters of an ISO time as far as the minutes


class RunError(Exception):
    """A run cannot be used for this; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found of one requirement; `word` is the verdict as it is shown."""

    verdict: Verdict
    word: str
    reason: str = ""
    pardoned: bool = True  # of one that was not run: its cause fails no run


@dataclass(frozen=True, slots=True)
class Load:
    """What a load beside the checks measured: requests per second, corrected p95 in milliseconds."""

    profile: str
    per_second: float
    errors: int
    reads_p95: float | None
    writes_p95: float | None


@dataclass(frozen=True)
class Run:
    """`found` and `fitness` are outcomes by requirement id; `options` are those of the header; `unknown` are
    ids of the log that the spec does not have.
    """

    run_id: str
    started: str
    target: str
    base_url: str
    suite: str
    spec_version: str
    spec_hash: str
    claims: tuple[str, ...]
    options: Record
    seconds: float
    stopped: str
    narrowed: bool
    exit_code: int
    score: float | None
    client_score: float | None
    levels: tuple[LevelResult, ...]
    problems: tuple[str, ...]
    found: Mapping[str, Outcome]
    fitness: Mapping[str, Outcome]
    unknown: tuple[str, ...]
    loads: tuple[Load, ...] = ()
    budget: float | None = None  # seconds

    @property
    def budget_text(self) -> str:
        """What its time budget means for it; empty where it had none."""
        return "" if self.budget is None else f"had {self.budget:g} s: what it left out is not-run"

    @property
    def minute(self) -> str:
        """When it began, for reading: `2026-01-02 03:04`, in the log's own zone (UTC)."""
        return self.started[:MINUTES].replace("T", " ")

    @property
    def clock(self) -> str:
        return str(self.options["time"])

    @property
    def score_text(self) -> str:
        if self.exit_code == NOTHING_DECIDED:
            return "nothing was decided"
        return "nothing was applicable" if self.score is None else f"{self.score:g}"

    @property
    def levels_text(self) -> str:
        """The levels that were reached, e.g. `Core, Secure (provisionally)`."""
        words = [f"{x.name} (provisionally)" if x.provisional else x.name for x in self.levels if x.reached]
        return ", ".join(words) or "no level"

    def not_a_result(self) -> str:
        """Why it cannot stand for its target; empty where it can."""
        if self.stopped:
            return f"the run was stopped ({self.stopped}), so this is not a result"
        return "nothing was decided, so this is not a result" if self.exit_code == NOTHING_DECIDED else ""


def read(folder: Path, spec: Spec) -> Run:
    """The run of this folder, without its evidence.

    Raises RunLogError where there is no whole log, RunError for a load, which has no verdicts.
    """
    return brief(evaluated(runlog.outline(folder), spec, folder), spec)


def evaluated(log: RunLog, spec: Spec, folder: Path) -> Report:
    """Raises RunError for a load."""
    if log.of_a_load:
        raise RunError(f"{folder}: a load run, which has no score; parley report shows it")
    return score.evaluate(log, spec)


def brief(report: Report, spec: Spec) -> Run:
    header, target = report.header, report.header["target"]
    ids = [*header["intended"], *(record["requirement"] for record in report.log.verdicts)]
    return Run(
        run_id=header["run_id"],
        started=header["started"],
        target=target["name"],
        base_url=target["base_url"],
        suite=header["suite"]["version"],
        spec_version=header["spec"]["version"],
        spec_hash=header["spec"]["hash"],
        claims=tuple(target["profiles"]),
        options=header["options"],
        seconds=report.footer["seconds"],
        stopped=report.footer.get("stopped") or "",
        narrowed=report.narrowed,
        exit_code=report.exit_code,
        score=report.score,
        client_score=report.client_score,
        levels=report.levels,
        problems=report.problems,
        found=_outcomes(report.findings),
        fitness=_outcomes(report.fitness),
        unknown=tuple(name for name in dict.fromkeys(ids) if name not in spec.requirements),
        loads=tuple(_load(record) for record in report.log.loads),
        budget=(report.footer.get("budget") or {}).get("seconds"),
    )


def _outcomes(findings: Iterable[Finding]) -> dict[str, Outcome]:
    return {
        finding.requirement.id: Outcome(
            finding.verdict,
            finding.word,
            "" if finding.verdict is Verdict.PASS else finding.reason,
            finding.causes <= PARDONED_CAUSES,
        )
        for finding in findings
    }


def _load(record: Record) -> Load:
    totals = record["totals"]
    reads, writes = (record[name]["corrected_ms"]["p95"] for name in ("reads", "writes"))
    return Load(record["profile"], totals["per_second"], totals["errors"], reads, writes)


def labels(runs: Sequence[Run]) -> list[str]:
    """What tells each run from the others: its target; where that is not enough, when it began and its id."""
    names = [run.target for run in runs]
    return [
        run.target if names.count(run.target) == 1 else f"{run.target} {run.minute} {run.run_id}"
        for run in runs
    ]

"""summary.md: a run in a page of Markdown, for a job's summary or a pull request.

Whatever a target said is shown as code (reports/markdown_text.py): it is no link, no mention and no markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports import advice, evidence
from reports.evidence import Evidence
from reports.markdown_text import block, cell, code, prose, words
from reports.score import NOTHING_DECIDED, Finding, LevelResult, Report
from reports.verdicts import Verdict

FILE = "summary.md"
WHOLE = 20  # red requirements that are shown with their evidence; GitHub shows a mebibyte of a summary
REASON = 120  # characters of a reason where many are listed
NAMED = 8  # of what a level lacks
CHECKS = 3  # of one requirement shown with their evidence
COLUMNS = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.INCONCLUSIVE,
    Verdict.FLAKY,
    Verdict.EXPECTED_FAIL,
    Verdict.HARNESS_ERROR,
    Verdict.NOT_RUN,
)


def render(report: Report) -> str:
    return "\n".join(
        [*_head(report), *_levels(report), *_profiles(report), *_red(report), *_foot(report), ""]
    )


def _head(report: Report) -> Iterator[str]:
    target = report.header["target"]
    yield f"## Parley: {code(target['name'])}"
    yield ""
    unit = "" if report.score is None or report.exit_code == NOTHING_DECIDED else " %"
    partial = f"{words(report.partial_text)}; " if report.partial else ""
    yield f"**Score {words(report.score_text)}{unit}** {partial}{words(report.scored_of)}"
    if report.client_score is not None:
        yield f"<br>**Score of the widget {report.client_score:g} %**"
    if report.delivery_score is not None:
        yield f"<br>**Score of the delivery {report.delivery_score:g} %**"
    if report.fitness_text:
        yield f"<br>Fitness for peers: {words(report.fitness_text)}"
    if report.budget_text:
        yield f"<br>Budget {words(report.budget_text)}"
    yield ""
    if report.footer.get("stopped"):
        yield f"> The run was stopped: {code(report.footer['stopped'])}\n"
    for problem in report.problems:
        yield f"> {code(problem)}\n"


def _levels(report: Report) -> Iterator[str]:
    if not report.levels:
        return
    yield from ("| level | | |", "|---|---|---|")
    for level in report.levels:
        yield f"| {words(level.name)} | {_reached(level)} | {words(_lacks(level))} |"
    yield ""


def _reached(level: LevelResult) -> str:
    if not level.reached:
        return "not reached"
    return "**reached**, provisionally" if level.provisional else "**reached**"


def _lacks(level: LevelResult) -> str:
    if level.reached:
        return f"not run: {_some(level.provisional)}" if level.provisional else ""
    return _some(level.lacks)


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _profiles(report: Report) -> Iterator[str]:
    """A row a profile; of the verdicts those that there are."""
    counts = {
        profile: {verdict: sum(found.get(verdict, 0) for found in levels.values()) for verdict in COLUMNS}
        for profile, levels in report.profiles.items()
    }
    counts = {profile: found for profile, found in counts.items() if any(found.values())}
    shown = [verdict for verdict in COLUMNS if any(found[verdict] for found in counts.values())]
    if not shown:
        return
    yield f"| profile | {' | '.join(shown)} |"
    yield f"|---|{'---:|' * len(shown)}"
    for profile, found in counts.items():
        yield f"| {words(profile)} | {' | '.join(str(found[verdict] or '') for verdict in shown)} |"
    yield ""


def _red(report: Report) -> Iterator[str]:
    red = report.red
    if not red:
        return
    yield f"### To be looked into: {len(red)}"
    yield ""
    for finding in red[:WHOLE]:
        yield from _one(finding, report)
    if len(red) > WHOLE:
        yield from ("| requirement | | verdict | reason |", "|---|---|---|---|")
        for finding in red[WHOLE:]:
            requirement = finding.requirement
            about = f"{words(requirement.id)} | {requirement.level} | {finding.verdict}"
            yield f"| {about} | {cell(finding.reason, REASON)} |"
        yield ""


def _one(finding: Finding, report: Report) -> Iterator[str]:
    requirement = finding.requirement
    pieces = evidence.of_finding(finding, report.log)
    what = f"**{words(requirement.id)}** {requirement.level} **{finding.verdict}**"
    yield f"{what} {words(requirement.sentence)}"
    yield ""
    for piece in pieces[:CHECKS]:
        yield f"- {code(piece.name)}"
        if piece.wanted:
            yield f"  - wanted {code(piece.wanted)}"
            yield f"  - got {code(piece.got)}"
        else:
            yield f"  - {code(piece.record['reason'])}"
    if len(pieces) > CHECKS:
        yield f"- and {len(pieces) - CHECKS} more"
    said = advice.of(requirement.id)
    if said:
        yield f"- mend it: {prose(said.fix)}"
    yield ""
    if pieces and pieces[0].story:
        yield from _details(pieces[0], requirement.id, report)


def _details(piece: Evidence, requirement_id: str, report: Report) -> Iterator[str]:
    """The blank lines make what is inside of it Markdown again."""
    yield f"<details><summary>What was sent{report.proven_by(requirement_id)}</summary>"
    yield ""
    yield block("\n".join(piece.story), "text")
    if piece.curl:
        yield ""
        yield block(piece.short_curl, "sh")
    yield ""
    yield "</details>"
    yield ""


def _foot(report: Report) -> Iterator[str]:
    header = report.header
    line = (
        f"run {code(header['run_id'])}, {code(header['started'])}, {report.footer['seconds']:.1f} s, "
        f"Parley {code(header['suite']['version'])}, spec {code(header['spec']['version'])} "
        f"({code(header['spec']['hash'][:8])}), seed {header['seed']}"
    )
    yield f"<sub>{line}</sub>"

"""What the gate found, in Markdown for people: a job summary, or a comment on a pull request.

GitHub takes 1 MiB of a step's summary ("supports content up to a size of 1024k": the runner's own message;
docs.github.com, workflow commands, "Adding a job summary") and 65,536 characters of a comment ("Body is too
long (maximum is 65536 characters)": the REST API's own message). What is made here is within both.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from reports import evidence
from reports.gate.rules import Failure, Gated, Rule
from reports.markdown_text import block, cell, code, words
from reports.score import Finding, Report

MOST = 65_000  # characters, with room for what a caller puts around it
# Before the evidence, which takes what is left. A code span may be three times as long as what is in it.
ROWS, WHY = 50, 200  # of the table of what fails; characters of each reason
NOTES, NOTE = 20, 150
NAMES, NAME = 100, 40  # in a row; characters of one
TOLD = 2_000  # characters of what was wanted, and of what came


def text(found: Gated, report: Report) -> str:
    """The summary; `report` is that of the gated run with its evidence."""
    parts = [_head(found, report), _levels(report), _table(found), _notes(found)]
    size = sum(len(part) for part in parts) + 400
    details = list(_details(found, report))
    kept: list[str] = []
    for detail in details:
        if size + len(detail) > MOST:
            break
        size += len(detail) + 2
        kept.append(detail)
    left = len(details) - len(kept)
    more = f"The evidence of {left} more is in the report of the run." if left else ""
    return "\n\n".join(part for part in (*parts, *kept, more) if part) + "\n\n"


def no_result(why: str) -> str:
    """Where there is nothing to gate."""
    return f"## ⛔ Parley gate: no result\n\n{code(why)}\n\n"


def _head(found: Gated, report: Report) -> str:
    run = found.run
    mark = "✅ passed" if found.passed else "❌ failed"
    lines = [f"## {mark}: Parley gate of {code(run.target)}", ""]
    if found.level is not None and found.level.reached and found.level.provisional:
        ids = ", ".join(found.level.provisional)
        lines += [f"**{found.level.name} is reached only provisionally: {ids} not run.**", ""]
    lines.append(f"Score **{run.score_text}** {words(report.scored_of)}.")
    if found.baseline is None:
        lines.append("There is no baseline.")
    else:
        lines.append(f"Baseline: {code(found.baseline.where)}.")
    spec = f"spec {run.spec_version} ({run.spec_hash[:8]})"
    lines.append(f"Run {code(run.run_id)}, {code(run.minute)} UTC, {spec}, {run.clock} time.")
    return "\n".join(lines)


def _levels(report: Report) -> str:
    if not report.levels:
        return ""
    lines = ["| level | | |", "|---|---|---|"]
    for level in report.levels:
        if not level.reached:
            lines.append(f"| {level.name} | not reached | {words(', '.join(level.lacks[:6]))} |")
        elif level.provisional:
            lines.append(
                f"| {level.name} | reached, provisionally | not run: {', '.join(level.provisional)} |"
            )
        else:
            lines.append(f"| {level.name} | reached | |")
    return "\n".join(lines)


def _table(found: Gated) -> str:
    if not found.failures:
        return ""
    lines = [f"### What fails the gate ({len(found.failures)})", "", "| | | |", "|---|---|---|"]
    lines += [
        f"| {group[0].rule.value} | {_names(group)} | {cell(group[0].why, WHY)} |"
        for group in found.grouped[:ROWS]
    ]
    if len(found.grouped) > ROWS:
        lines.append(f"| | | … and {len(found.grouped) - ROWS} more reasons |")
    if found.stale and found.baseline is not None:
        command = f"parley gate RUN --write-baseline {found.baseline.where}"
        lines += ["", f"{code(command)} mends what is stale."]
    return "\n".join(lines)


def _names(group: Sequence[Failure]) -> str:
    more = f" … ({len(group)})" if len(group) > NAMES else ""
    return ", ".join(map(_name, group[:NAMES])) + more


def _name(failure: Failure) -> str:
    """An id of a baseline may be any text."""
    name = failure.name if failure.name.replace("-", "").isalnum() else cell(failure.name, NAME)
    return f"**{name}**{' (fitness)' if failure.fitness else ''}" if name else ""


def _notes(found: Gated) -> str:
    if not found.notes:
        return ""
    lines = [f"<details><summary>Not failing, but worth knowing ({len(found.notes)})</summary>", ""]
    lines += [f"- {code(note, NOTE)}" for note in found.notes[:NOTES]]
    if len(found.notes) > NOTES:
        lines.append(f"- … and {len(found.notes) - NOTES} more")
    return "\n".join((*lines, "", "</details>"))


def _details(found: Gated, report: Report) -> Iterable[str]:
    """The evidence of each requirement that fails the gate, where the run has any."""
    findings = {(f.requirement.id, f.fitness): f for f in (*report.findings, *report.fitness)}
    for failure in found.failures:
        finding = findings.get((failure.name, failure.fitness))
        if finding is not None and failure.rule is not Rule.STALE:
            yield _detail(finding, report)


def _detail(finding: Finding, report: Report) -> str:
    requirement = finding.requirement
    title = html.escape(f"{requirement.id} {requirement.level} {finding.word}")
    lines = [f"<details><summary>{title}</summary>", "", words(requirement.sentence), ""]
    pieces = evidence.of_finding(finding, report.log)
    if not pieces:
        lines += [code(finding.reason), ""]
    else:
        piece = pieces[0]
        if piece.wanted:
            told = f"wanted  {piece.wanted[:TOLD]}\ngot     {piece.got[:TOLD]}"
        else:
            told = str(piece.record["reason"])[:TOLD]
        lines += [block(told), ""]
        if piece.curl:
            lines += [block(piece.short_curl, "sh"), ""]
        if len(pieces) > 1:
            lines += [f"{len(pieces) - 1} more of its checks did not pass.", ""]
    return "\n".join((*lines, "</details>"))

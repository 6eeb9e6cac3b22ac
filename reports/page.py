"""index.html: the report as one page that needs no server, loads nothing and runs no script."""

from __future__ import annotations

from pathlib import Path

from reports import evidence, load, pages
from reports.score import NOT_OFFERED, Report
from reports.verdicts import Verdict

FILE = pages.PAGE


def write(report: Report, folder: Path) -> Path:
    """Everything from the target is escaped by the template engine and stripped of control characters."""
    text = pages.render(
        "page.html",
        {**load.FILTERS, "body": evidence.body_text, "step": evidence.step},
        report=report,
        header=report.header,
        footer=report.footer,
        failures=[(finding, evidence.of_finding(finding, report.log)) for finding in report.red],
        words=[*Verdict, NOT_OFFERED],
        profiles=_words_by_profile(report),
        sections=[("Requirements", report.findings), ("Fitness", report.fitness)],
        loads=[load.LoadView(record) for record in report.log.loads],
        in_unit=load.in_unit,
    )
    return pages.write(text, folder)


def _words_by_profile(report: Report) -> dict[str, dict[str, int]]:
    """profile -> verdict as it is shown -> how many requirements."""
    found: dict[str, dict[str, int]] = {}
    for finding in report.findings:
        words = found.setdefault(finding.requirement.profile, {})
        words[finding.word] = words.get(finding.word, 0) + 1
    return found

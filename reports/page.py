"""index.html: the report as one page that needs no server, loads nothing and runs no script."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports import evidence
from reports.evidence import plain
from reports.score import Report
from reports.verdicts import Verdict

FILE = "index.html"
RED = (Verdict.FAIL, Verdict.HARNESS_ERROR, Verdict.FLAKY, Verdict.INCONCLUSIVE)


def write(report: Report, folder: Path) -> Path:
    """Everything from the target is escaped by the template engine and stripped of control characters."""
    environment = Environment(
        loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["plain"] = plain
    environment.filters["body"] = evidence.body_text
    environment.filters["pretty"] = lambda value: plain(json.dumps(value, ensure_ascii=False, indent=1))
    environment.filters["step"] = evidence.step
    failures = [
        (finding, evidence.of_finding(finding, report.log))
        for verdict in RED
        for finding in report.of(verdict)
    ]
    text = environment.get_template("page.html").render(
        report=report, header=report.header, footer=report.footer, failures=failures, verdicts=list(Verdict)
    )
    path = folder / FILE
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path

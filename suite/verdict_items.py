"""How pytest shows the verdict of a check, whichever suite it is of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from protocol.spec import Requirement
from reports.evidence import plain
from reports.runlog import Record
from reports.score import Report
from reports.verdicts import Verdict

VERDICT = "parley_verdict"
# How a verdict that is neither a pass nor a plain failure is shown: word of the summary, letter, word of -v.
SHOWN = {
    Verdict.NOT_RUN: ("not run", "n", "NOT RUN"),
    Verdict.NOT_APPLICABLE: ("not applicable", "-", "NOT APPLICABLE"),
    Verdict.NOT_CLAIMED: ("not claimed", "-", "NOT CLAIMED"),
    Verdict.EXPECTED_FAIL: ("expected to fail", "x", "EXPECTED FAIL"),
}


def properties(requirement: Requirement, record: Record) -> list[tuple[str, object]]:
    """What a report carries of its verdict, for JUnit and for `teststatus`."""
    return [
        ("requirement", requirement.id),
        ("level", requirement.level),
        (VERDICT, record["verdict"]),
    ]


def present(
    report: pytest.TestReport, requirement: Requirement, record: Record, place: Path, line: int
) -> None:
    """Gives the report of a check that did not pass its outcome: a failure only where a MUST is red."""
    verdict = Verdict(record["verdict"])
    red = verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.FLAKY)
    if verdict in SHOWN or (red and requirement.level != "MUST"):
        # Not green and not a failure: pytest's own word for that is skipped.
        report.outcome = "skipped"
        reason = plain(f"{requirement.level} {verdict}: {record['reason']}")
        report.longrepr = (str(place), line, reason)


def teststatus(report: pytest.TestReport) -> tuple[str, str, Any] | None:
    """pytest_report_teststatus of a report that carries a verdict."""
    found = dict(getattr(report, "user_properties", ()))
    if VERDICT not in found or report.when != "call" or report.outcome != "skipped":
        return None
    verdict = Verdict(str(found[VERDICT]))
    if verdict in SHOWN:
        word, letter, shown = SHOWN[verdict]
        return word, letter, (shown, {"yellow": verdict is Verdict.NOT_RUN})
    level = str(found["level"])
    return f"red {level}", "s", (f"{level} {verdict.upper()}", {"yellow": True})


def block(requirement: Requirement, record: Record, proofs: int) -> str:
    """A failure as a stranger understands it (the score card and the page have the exchanges)."""
    lines = [f"{requirement.id}  {requirement.level}  {record['verdict']}   {requirement.sentence}"]
    failure = record.get("failure")
    if failure:
        lines += [f"  wanted  {failure['about']}: {failure['wanted']}", f"  got     {failure['got']}"]
    else:
        lines.append(f"  reason  {record['reason']}")
    if record.get("curl"):
        lines.append(f"  again   {record['curl']}")
    lines += [f"  see     {name}" for name in record.get("artifacts", ())]
    proven = f"; proven by {proofs} mutant{'s' if proofs > 1 else ''}" if proofs else ""
    lines.append(f"  spec    {requirement.profile}, {requirement.id}{proven}")
    return "\n".join(plain(line) for line in lines)


def summary(terminalreporter: Any, report: Report) -> None:
    """The lines at the end of pytest's output."""
    score = "–" if report.score is None else f"{report.score:g}"
    reached = [level.name for level in report.levels if level.reached]
    terminalreporter.section("parley")
    terminalreporter.write_line(
        f"score {score} of the claimed profiles; levels reached: {', '.join(reached) or 'none'}"
    )
    for problem in report.problems:
        terminalreporter.write_line(plain(problem), red=True)
    terminalreporter.write_line(f"seed {report.header['seed']}; report: {report.log.folder / 'index.html'}")

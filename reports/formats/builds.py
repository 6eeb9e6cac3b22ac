"""What of a run may fail a build, for formats that know only tests that passed and tests that did not."""

from __future__ import annotations

from reports.score import Finding, Report
from reports.verdicts import Verdict


def fails_a_build(finding: Finding, verdict: Verdict, report: Report) -> bool:
    """Whether this verdict of one of its checks, where it is red, is more than a note: of a MUST, and not
    expected, and of what the target claims. An error of our own always counts.
    """
    if finding.verdict is Verdict.EXPECTED_FAIL:
        return False
    if verdict is Verdict.HARNESS_ERROR:
        return True
    return finding.requirement.level == "MUST" and not unclaimed(finding, report)


def unclaimed(finding: Finding, report: Report) -> bool:
    """Our own peers found it, and the target does not claim that peers can chat through it."""
    return finding.fitness and "peer" not in report.header["target"]["profiles"]

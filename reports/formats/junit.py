"""junit.xml: a test case a check, for CI systems that read nothing else."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from reports import evidence
from reports.evidence import plain
from reports.formats.builds import fails_a_build
from reports.score import Finding, Report
from reports.verdicts import Verdict

FILE = "junit.xml"
DECLARATION = "<?xml version='1.0' encoding='utf-8'?>\n"
ERRORS = (Verdict.HARNESS_ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY)


def render(report: Report) -> str:
    """One suite a profile. A red SHOULD is shown as skipped: only a MUST fails a build."""
    root = ET.Element("testsuites", name="parley", time=f"{report.footer['seconds']:.3f}")
    suites: dict[str, ET.Element] = {}
    for finding in (*report.findings, *report.fitness):
        profile = "fitness" if finding.fitness else finding.requirement.profile
        if profile not in suites:
            suites[profile] = ET.SubElement(root, "testsuite", name=profile)
        for check in finding.checks:
            _case(suites[profile], profile, finding, check, report)
    _run(root, suites, report)
    for suite in [root, *suites.values()]:
        cases = list(suite.iter("testcase"))
        suite.set("tests", str(len(cases)))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    return DECLARATION + ET.tostring(root, encoding="unicode") + "\n"


def _run(root: ET.Element, suites: dict[str, ET.Element], report: Report) -> None:
    """What is wrong with the run apart from its verdicts; without it a run that was stopped were green."""
    stopped = report.footer["stopped"]
    wrong = [("the run was stopped", stopped)] if stopped else []
    wrong += [("a problem of the run", problem) for problem in report.problems]
    if wrong:
        suites["run"] = ET.SubElement(root, "testsuite", name="run")
    for name, why in wrong:
        case = ET.SubElement(suites["run"], "testcase", classname="run", name=name, time="0.000")
        ET.SubElement(case, "error", message=plain(why), type="run")


def _case(
    suite: ET.Element, profile: str, finding: Finding, check: dict[str, object], report: Report
) -> None:
    requirement = finding.requirement
    name = plain(check["check"] or "not run") + (f"[{plain(check['case'])}]" if check["case"] else "")
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{profile}.{requirement.id}",
        name=name,
        time=f"{check['seconds']:.3f}",
    )
    verdict = Verdict(str(check["verdict"]))
    if verdict is Verdict.PASS:
        return
    message = plain(f"{requirement.id} {requirement.level} {verdict}: {check['reason']}")
    if not fails_a_build(finding, verdict, report):
        ET.SubElement(case, "skipped", message=message)
    elif verdict is Verdict.FAIL:
        piece = evidence.of(check, report.log)
        body = ET.SubElement(case, "failure", message=message, type=str(verdict))
        body.text = "\n".join(
            [requirement.sentence, *piece.steps, f"wanted {piece.wanted}", f"got {piece.got}", piece.curl]
        )
    elif verdict in ERRORS:
        ET.SubElement(case, "error", message=message, type=str(verdict))
    else:
        ET.SubElement(case, "skipped", message=message)

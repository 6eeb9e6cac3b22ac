"""ctrf.json: the Common Test Report Format (ctrf.io), a test a check.

Its schema is published with the npm package `ctrf`. It has no word for most verdicts: `rawStatus` has them.
"""

from __future__ import annotations

import json
import mimetypes
import uuid
from datetime import datetime

from reports import evidence
from reports.evidence import plain
from reports.formats.builds import fails_a_build
from reports.runlog import Record
from reports.score import RED, Finding, Report
from reports.verdicts import Verdict

FILE = "ctrf.json"
SPEC_VERSION = "0.0.0"  # of CTRF
STATUSES = ("passed", "failed", "skipped", "pending", "other")
SHOWN = (*RED, Verdict.EXPECTED_FAIL)


def render(report: Report) -> str:
    return json.dumps(document(report), ensure_ascii=False, indent=1) + "\n"


def document(report: Report) -> Record:
    """The report as CTRF. The same run gives the same document."""
    header, footer = report.header, report.footer
    found = (*report.findings, *report.fitness)
    tests = [_test(finding, check, report) for finding in found for check in finding.checks]
    started, ended = _ms(header["started"]), _ms(footer["ended"])
    counts = {status: sum(test["status"] == status for test in tests) for status in STATUSES}
    name = plain(header["target"]["name"])
    return {
        "reportFormat": "CTRF",
        "specVersion": SPEC_VERSION,
        "reportId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:parley:ctrf:{header['run_id']}:{started}")),
        "runId": plain(header["run_id"]),
        "timestamp": footer["ended"],
        "generatedBy": f"Parley {plain(header['suite']['version'])}",
        "results": {
            "tool": {"name": "parley", "version": plain(header["suite"]["version"])},
            "summary": {
                "tests": len(tests),
                **counts,
                "suites": len({tuple(test["suite"]) for test in tests}),
                "start": started,
                "stop": max(started, ended),
                "duration": round(footer["seconds"] * 1000),
            },
            "tests": tests,
            "environment": {
                "reportName": f"Parley: {name}",
                "appName": name,
                "testEnvironment": plain(header["target"]["base_url"]),
                "healthy": report.exit_code == 0,
            },
            "extra": {
                "score": report.score,
                "scored": report.scored_of,
                "levels": [level.name for level in report.levels if level.reached],
                "spec": {"version": header["spec"]["version"], "hash": header["spec"]["hash"]},
                "exitCode": report.exit_code,
                "problems": [plain(problem) for problem in report.problems],
            },
        },
    }


def _test(finding: Finding, check: Record, report: Report) -> Record:
    requirement = finding.requirement
    profile = "fitness" if finding.fitness else requirement.profile
    name = plain(check["check"] or "not run") + (f" [{plain(check['case'])}]" if check["case"] else "")
    verdict = Verdict(check["verdict"])
    test: Record = {
        "testId": f"{profile}.{requirement.id} {name}",
        "name": f"{requirement.id} {name.replace('_', ' ')}",
        "status": _status(finding, check, verdict, report),
        "rawStatus": verdict.value,
        "duration": round(check["seconds"] * 1000),
        "suite": [profile, requirement.id],
        "tags": [requirement.level],
        "labels": {"requirement": requirement.id, "level": requirement.level, "profile": requirement.profile},
    }
    if check["reason"]:
        test["message"] = plain(check["reason"])
    earlier = check.get("tries", ())[:-1]
    if earlier:
        test["retries"] = len(earlier)
        test["retryAttempts"] = [
            {"attempt": number, "status": _tried(Verdict(one["verdict"]))}
            for number, one in enumerate(earlier, 1)
        ]
    if check.get("artifacts"):
        test["attachments"] = [_attachment(plain(name)) for name in check["artifacts"]]
    if verdict in SHOWN:
        piece = evidence.of(check, report.log)
        test["trace"] = "\n".join((requirement.sentence, *piece.story))
        test["extra"] = {"wanted": piece.wanted, "got": piece.got, "curl": piece.curl}
    return test


def _status(finding: Finding, check: Record, verdict: Verdict, report: Report) -> str:
    if verdict is Verdict.PASS:
        return "passed"
    if verdict in RED:
        return "failed" if fails_a_build(finding, verdict, report) else "other"
    # Pending is what nobody has written yet.
    return "pending" if check.get("cause") == "excluded" else "skipped"


def _tried(verdict: Verdict) -> str:
    return {Verdict.PASS: "passed", Verdict.FAIL: "failed", Verdict.NOT_RUN: "skipped"}.get(verdict, "other")


def _attachment(name: str) -> Record:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return {"name": name.rpartition("/")[2], "contentType": kind, "path": name}


def _ms(moment: str) -> int:
    """Milliseconds since 1970."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)

"""parley.sarif: SARIF 2.1.0, for code scanning. A rule a requirement; a result a check that is red.

A requirement's place is its entry in the spec, for the code at fault is not known. What failed by our own
fault is no result: it is a notification of the run. Limits are those of GitHub's code scanning, as its
documentation "SARIF support for code scanning" gives them.
"""

from __future__ import annotations

import hashlib
import json
import re

from reports import advice, evidence
from reports.evidence import Evidence, plain
from reports.formats import spec_lines
from reports.formats.builds import unclaimed
from reports.runlog import Record
from reports.score import RED, Finding, Report
from reports.verdicts import Verdict

FILE = "parley.sarif"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SPEC_FILE = f"protocol/spec/{spec_lines.FILE}"
LEVELS = {"MUST": "error", "SHOULD": "warning", "MAY": "note"}
MOST_RESULTS = 5000  # what is stored of a run; the gravest come first
DESCRIPTION_CHARS = 1024
MESSAGE_CHARS = 4000  # our own: an alert is read on a page
SHOWN = (*(verdict for verdict in RED if verdict is not Verdict.HARNESS_ERROR), Verdict.EXPECTED_FAIL)
# In a message brackets may make a link, and braces with a number take an argument.
SPECIAL = re.compile(r"[\\\[\]]")
PLACEHOLDER = re.compile(r"\{(\d+)\}")


def render(report: Report) -> str:
    return json.dumps(document(report), ensure_ascii=False, indent=1) + "\n"


def document(report: Report) -> Record:
    """The report as a SARIF log with one run."""
    header = report.header
    everything = (*report.findings, *report.fitness)
    rules = list({finding.requirement.id: finding for finding in everything}.values())
    places = {finding.requirement.id: number for number, finding in enumerate(rules)}
    results = [
        _result(finding, check, places[finding.requirement.id], report)
        for finding in sorted(everything, key=_grave)
        if finding.verdict in SHOWN and finding.requirement.level != "MAY"
        for check in finding.checks
        if check["verdict"] in SHOWN
    ]
    version = plain(header["suite"]["version"])
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Parley",
                        "version": version,
                        "rules": [_rule(finding, report) for finding in rules],
                    }
                },
                "automationDetails": {
                    "id": f"parley/{plain(header['target']['name'])}/",
                    "description": _message(f"Parley {version} scored {header['target']['base_url']}"),
                },
                "invocations": [_invocation(report, everything, places)],
                "originalUriBaseIds": {
                    "SRCROOT": {"description": {"text": "the root of Parley's own source, or of its wheel"}}
                },
                "columnKind": "unicodeCodePoints",
                "results": results[:MOST_RESULTS],
                "properties": {
                    "runId": plain(header["run_id"]),
                    "score": report.score,
                    "scored": report.scored_of,
                    "levels": [level.name for level in report.levels if level.reached],
                    "spec": header["spec"],
                },
            }
        ],
    }


def _grave(finding: Finding) -> tuple[int, int]:
    """MUSTs first, and of them what failed."""
    order = (*RED, Verdict.EXPECTED_FAIL)
    level = list(LEVELS).index(finding.requirement.level)
    return level, order.index(finding.verdict) if finding.verdict in order else len(order)


def _rule(finding: Finding, report: Report) -> Record:
    requirement = finding.requirement
    said = advice.of(requirement.id)
    lines = [
        requirement.sentence,
        *((f"Why: {said.why}", f"How it is mended: {said.fix}") if said else ()),
        f"A {requirement.level} of the profile {requirement.profile}{report.proven_by(requirement.id)}.",
        f"Ask it again: parley score --requirement {requirement.id}",
    ]
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.sentence[:DESCRIPTION_CHARS]},
        "fullDescription": {"text": requirement.sentence[:DESCRIPTION_CHARS]},
        "help": {"text": "\n\n".join(lines)},
        "defaultConfiguration": {"level": LEVELS[requirement.level]},
        "properties": {"tags": [requirement.profile, requirement.level], "precision": "very-high"},
    }


def _result(finding: Finding, check: Record, index: int, report: Report) -> Record:
    requirement = finding.requirement
    piece = evidence.of(check, report.log)
    result: Record = {
        "ruleId": requirement.id,
        "ruleIndex": index,
        "level": "note" if unclaimed(finding, report) else LEVELS[requirement.level],
        "message": _message(_told(finding, check, piece)),
        "locations": [_place(requirement.id, report)],
        "partialFingerprints": {"parley/v1": _fingerprint(finding, check)},
        "properties": {
            "verdict": plain(check["verdict"]),
            "check": plain(check["check"]),
            "case": plain(check["case"]),
            "wanted": piece.wanted,
            "got": piece.got,
            "curl": piece.curl,
            "exchange": check.get("exchange"),
        },
    }
    if finding.expectation is not None and finding.verdict is Verdict.EXPECTED_FAIL:
        reason = plain(finding.expectation["reason"])
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result


def _told(finding: Finding, check: Record, piece: Evidence) -> str:
    """What is shown first is the first sentence: that of the requirement."""
    lines = [finding.requirement.sentence, f"{piece.name}: {check['verdict']}"]
    lines += [f"wanted {piece.wanted}", f"got {piece.got}"] if piece.wanted else [str(check["reason"])]
    lines += [f"again: {piece.short_curl}"] if piece.curl else []
    return "\n".join(lines)


def _place(requirement_id: str, report: Report) -> Record:
    physical: Record = {"artifactLocation": {"uri": SPEC_FILE, "uriBaseId": "SRCROOT"}}
    line = spec_lines.lines(report.spec.source).get(requirement_id)
    if line is not None:
        physical["region"] = {"startLine": line}
    return {"physicalLocation": physical}


def _fingerprint(finding: Finding, check: Record) -> str:
    """The same for the same check of the same requirement in every run, whatever came in it."""
    parts = (finding.anchor, str(check["check"]), str(check["case"]))
    return hashlib.sha256("\n".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:32]


def _invocation(report: Report, everything: tuple[Finding, ...], places: dict[str, int]) -> Record:
    ours = [
        {
            "level": "error",
            "message": _message(f"{finding.requirement.id}: {finding.reason}"),
            "associatedRule": {"id": finding.requirement.id, "index": places[finding.requirement.id]},
        }
        for finding in everything
        if finding.verdict is Verdict.HARNESS_ERROR
    ]
    problems = [{"level": "warning", "message": _message(problem)} for problem in report.problems]
    return {
        "executionSuccessful": not report.footer.get("stopped"),
        "exitCode": report.exit_code,
        "startTimeUtc": report.header["started"].replace("+00:00", "Z"),
        "endTimeUtc": report.footer["ended"].replace("+00:00", "Z"),
        "toolExecutionNotifications": [*ours, *problems],
    }


def _message(text: str) -> Record:
    """Plain text that is nothing but text, in any viewer."""
    shown = plain(text)
    if len(shown) > MESSAGE_CHARS:
        shown = shown[:MESSAGE_CHARS] + "…"
    return {"text": PLACEHOLDER.sub(r"{{\1}}", SPECIAL.sub(r"\\\g<0>", shown))}

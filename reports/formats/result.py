"""result.json: what was found, for programs. Its schema is reports/schemas/result.schema.json."""

from __future__ import annotations

import json

from reports import evidence
from reports.evidence import plain
from reports.runlog import Record
from reports.score import Finding, Report

FILE = "result.json"
FORMAT = 1


def result(report: Report) -> Record:
    """The report as plain JSON."""
    header, footer = report.header, report.footer
    return {
        "format": FORMAT,
        "run_id": header["run_id"],
        "started": header["started"],
        "ended": footer["ended"],
        "seconds": footer["seconds"],
        "suite": header["suite"],
        "spec": header["spec"],
        "target": header["target"],
        "seed": header["seed"],
        "options": header["options"],
        "exit_code": report.exit_code,
        "score": report.score,
        "scores": dict(report.scores),
        "intended": report.intended,
        "decided": report.decided,
        "partial": report.partial,
        "budget": footer.get("budget"),
        "levels": {
            level.name: {
                "reached": level.reached,
                "provisional": list(level.provisional),
                "missing": list(level.missing),
            }
            for level in report.levels
        },
        "profiles": report.profiles,
        "problems": list(report.problems),
        "stopped": footer.get("stopped") or "",
        "requirements": {
            finding.requirement.id: _requirement(finding, report) for finding in report.findings
        },
        "fitness": {finding.requirement.id: _requirement(finding, report) for finding in report.fitness},
    }


def _requirement(finding: Finding, report: Report) -> Record:
    requirement = finding.requirement
    return {
        "verdict": finding.verdict.value,
        "shown": finding.word,
        "level": requirement.level,
        "profile": requirement.profile,
        "subject": requirement.subject,
        "sentence": requirement.sentence,
        "reason": finding.reason,
        "proofs": report.header.get("proofs", {}).get(requirement.id, 0),
        "checks": [
            {
                "name": check["check"],
                "case": check["case"],
                "verdict": check["verdict"],
                "reason": check["reason"],
                "seconds": check["seconds"],
                "note": check["note"],
            }
            for check in finding.checks
            if check["check"]
        ],
        "evidence": [
            {
                "check": piece.name,
                "steps": list(piece.steps),
                "wanted": piece.wanted,
                "got": piece.got,
                "curl": piece.curl,
                "exchange": piece.record.get("exchange"),
                **_artifacts(piece.record),
            }
            for piece in evidence.of_finding(finding, report.log)
        ],
    }


def _artifacts(record: Record) -> Record:
    """The files of the run's folder that show what happened, where there are any."""
    return {"artifacts": [plain(name) for name in record["artifacts"]]} if "artifacts" in record else {}


def render(report: Report) -> str:
    return json.dumps(result(report), ensure_ascii=False, indent=1) + "\n"

"""What a run says of its target, without the evidence: verdicts, levels, scores. A manifest repeats it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reports.runlog import Record
from reports.score import Report

PARTS = ("exit_code", "score", "scores", "levels", "verdicts", "fitness")


def of(report: Report) -> Record:
    """The statement of a report, as plain JSON."""
    return {
        "exit_code": report.exit_code,
        "score": report.score,
        "scores": dict(report.scores),
        "levels": {
            level.name: {"reached": level.reached, "provisional": list(level.provisional)}
            for level in report.levels
        },
        "verdicts": {finding.requirement.id: finding.verdict.value for finding in report.findings},
        "fitness": {finding.requirement.id: finding.verdict.value for finding in report.fitness},
    }


def of_result(result: Mapping[str, Any]) -> Record:
    """The same statement, from a result.json."""
    return {
        **{name: result[name] for name in ("exit_code", "score", "scores")},
        "levels": {
            name: {"reached": level["reached"], "provisional": level["provisional"]}
            for name, level in result["levels"].items()
        },
        "verdicts": {name: one["verdict"] for name, one in result["requirements"].items()},
        "fitness": {name: one["verdict"] for name, one in result["fitness"].items()},
    }


def differences(said: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Each thing that is said and is not what was found, in words."""
    for part in PARTS:
        one, other = said[part], found[part]
        if isinstance(one, dict) and isinstance(other, dict):
            for name in sorted(one.keys() | other.keys()):
                if one.get(name) != other.get(name):
                    yield f"{part}.{name} is {_words(one.get(name))}; expected {_words(other.get(name))}"
        elif one != other:
            yield f"{part} is {_words(one)}; expected {_words(other)}"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        words = "reached" if value.get("reached") else "not reached"
        return f"{words} (not run: {', '.join(value['provisional'])})" if value.get("provisional") else words
    return "nothing" if value is None else str(value)

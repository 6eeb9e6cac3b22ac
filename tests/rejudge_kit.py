"""A requirement changed, and logs made by hand of runs of one check of it, for the tests of rejudging."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from report_kit import SPEC, footer, header, verdict, write

from protocol.expected import Refuse
from protocol.spec import Spec
from reports.rejudge import Rejudged, rejudge
from reports.runlog import Record
from reports.verdicts import Verdict

V = Verdict
NAME = "ROOM-4"  # it is refused with 404
ATTEMPT = f"{NAME} it_holds#1"


def by(**changes: Any) -> Spec:
    """The spec with this requirement changed."""
    changed = replace(SPEC.requirements[NAME], **changes)
    return replace(SPEC, requirements={**SPEC.requirements, NAME: changed})


STRICTER = by(expected=Refuse((410,)))
LAXER = by(expected=Refuse((200, 404)))


def expected(status: int, outcome: bool, **more: Any) -> Record:
    """An expectation that the status is the requirement's."""
    return {
        "type": "expectation",
        "attempt": ATTEMPT,
        "role": "judge",
        "predicate": "status_in",
        "arguments": {"statuses": [404], "from": "requirement"},
        "observed": {"status": status, "error": None},
        "exchange": 1,
        "outcome": outcome,
        **more,
    }


def settled(found: Verdict, **more: Any) -> Record:
    return verdict(NAME, found, **{"attempt": ATTEMPT, "attempts": 1, **more})


def tried(number: int, found: Verdict, alone: bool = True) -> Record:
    return {"attempt": f"{NAME} it_holds#{number}", "verdict": found.value, "alone": alone}


def judged(
    folder: Path, *records: Record, spec: Spec = SPEC, before: Spec | None = SPEC, **target: Any
) -> Rejudged:
    intended = dict.fromkeys(record["requirement"] for record in records if record["type"] == "verdict")
    write(folder, [header(intended, **target), *records, footer()])
    return rejudge(folder, spec, before)

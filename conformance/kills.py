"""What a run against a mutant is worth: which red checks of its requirement went red for its fault."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from protocol.spec import Spec
from reports.verdicts import Verdict

Record = dict[str, Any]

SEED = 1  # of every run against a mutant
SHOWN_CHARS = 400  # of a complaint that is kept


@dataclass(frozen=True)
class Entry:
    """A mutant as the matrix knows it: its name, what it breaks, and what a complaint about that shows.

    `untied` is true where its report cannot be had in the attempt that goes red.
    """

    name: str
    requirement: str
    shows: str
    untied: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a run against a mutant brought.

    `by` are the red checks of its requirement whose complaint shows the fault and in whose attempt the wrong
    path was reached, `shown` the first such complaint. `also` are other requirements that went red; None
    where only its own were run. `why_not` says what is missing to a kill.
    """

    name: str
    reached: bool
    by: tuple[str, ...] = ()
    shown: str = ""
    also: tuple[str, ...] | None = None
    why_not: str = ""
    blast: dict[str, str] = field(default_factory=dict)  # a complaint for each of `also`

    @property
    def killed(self) -> bool:
        return bool(self.by)


def judged(
    spec: Spec, entry: Entry, verdicts: list[Record], reached: bool, in_attempts: set[str], *, whole: bool
) -> Outcome:
    """What the verdicts of a run say; `in_attempts` are the attempts that reached the mutant's wrong path."""
    mine = [record for record in verdicts if record["requirement"] == entry.requirement]
    red = [record for record in mine if record["verdict"] == Verdict.FAIL]
    right = [record for record in red if shows(entry.shows, complaint_of(record))]
    kills = [record for record in right if entry.untied or record["attempt"] in in_attempts]
    kills = sorted(kills, key=named) if reached else []
    blast = _blast(spec, entry, verdicts) if whole else {}
    return Outcome(
        entry.name,
        reached,
        tuple(named(record) for record in kills),
        complaint_of(kills[0]) if kills else "",
        tuple(blast) if whole else None,
        "" if kills else _why_not(mine, red, right, reached=reached),
        blast,
    )


def shows(pattern: str, complaint: str) -> bool:
    """Whether the complaint is of this kind: the pattern is in it, as a text or as a regular expression."""
    return pattern in complaint or re.search(pattern, complaint) is not None


def named(record: Record) -> str:
    """A check with its case, as the matrix names it."""
    return str(record["check"]) + (f"[{record['case']}]" if record["case"] else "")


def complaint_of(record: Record) -> str:
    """Which check complained, with which case, and of what."""
    return f"{named(record)}: {record['reason']}"[:SHOWN_CHARS]


def _blast(spec: Spec, entry: Entry, verdicts: list[Record]) -> dict[str, str]:
    """Every other requirement that went red, with a complaint of it. A MAY is never asked for."""
    found: dict[str, str] = {}
    for record in sorted(verdicts, key=named):
        requirement = record["requirement"]
        counts = spec.requirement(requirement).level != "MAY" and requirement != entry.requirement
        if counts and record["verdict"] == Verdict.FAIL:
            found.setdefault(requirement, complaint_of(record))
    return dict(sorted(found.items()))


def _why_not(mine: list[Record], red: list[Record], right: list[Record], *, reached: bool) -> str:
    """What is missing to a kill, in a few words."""
    if right:
        return "red, but its wrong path was " + (
            "reached in other attempts only" if reached else "never reached"
        )
    if red:
        return f"red for another reason: {complaint_of(red[0])}"
    others = sorted({record["verdict"] for record in mine} - {Verdict.PASS.value}) or ["pass"]
    reason = next((record["reason"] for record in mine if record["verdict"] == others[0]), "")
    words = f"{others[0]}, {'reached' if reached else 'its wrong path was never reached'}"
    return words + (f": {reason[:SHOWN_CHARS]}" if reason else "")

"""Was every check that was planned decided, and none beside? By the header of a log, and its verdicts.

What a run is to ask it says before it asks anything: a check that is left out whole is missed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reports.runlog import Record
from reports.verdicts import Verdict

LOOKED_AT = re.compile(r"(\d+) answers looked at")  # what an observer notes
LOAD = "load."  # the checks of a load: which are decided shows as it goes
UNASKED = (Verdict.NOT_RUN, Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED)


def check_id(verdict: Record) -> str:
    """Of a verdict record, e.g. `MBOX-2 it_holds[a case] as fitness`: its attempts are named so."""
    case = f"[{verdict['case']}]" if verdict["case"] else ""
    fitness = " as fitness" if verdict.get("as") == "fitness" else ""
    return f"{verdict['requirement']} {verdict['check']}{case}{fitness}"


def observes(verdict: Record) -> bool:
    return LOOKED_AT.fullmatch(verdict.get("note", "")) is not None


def problems(planned: Sequence[str], verdicts: Sequence[Record]) -> Iterator[str]:
    """What was planned and has no verdict, and what has one and was not planned, in words."""
    decided = {check_id(verdict) for verdict in verdicts}
    for name in planned:
        if name not in decided:
            yield f"{name}: was planned, and has no verdict"
    known = set(planned)
    for verdict in verdicts:
        name = check_id(verdict)
        if verdict["check"] is None or name in known or not _asked(verdict):
            continue
        yield f"{name}: has a verdict, and was not planned"


def _asked(verdict: Record) -> bool:
    """What is settled without being asked is not in the plan, nor are observers, nor what a load decides."""
    unasked = verdict["verdict"] in UNASKED and not verdict["attempt"]
    return not (unasked or observes(verdict) or verdict["check"].startswith(LOAD))

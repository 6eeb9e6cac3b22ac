"""What a load run says of requirements: those its profile decides, and each MUST that it saw broken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from protocol.spec import Requirement, Spec
from reports.objectives import Objective
from reports.runlog import MEASURED, Cause, Record, verdict_record
from reports.verdicts import Verdict, gravest

CHECK = "load"  # the module of these checks; the profile is the check's name


def objectives_of(requirement: Requirement) -> list[str]:
    """The objectives by which a requirement is judged, as its `below` names them: e.g. read_p95_ms."""
    below = getattr(requirement.expected, "below", "") or ""
    return re.findall(r"\bobjectives\.([a-z0-9_]+)\b", below)


def verdicts(
    record: Record,
    judged: Sequence[Objective],
    decides: Iterable[str],
    spec: Spec,
    *,
    loopback: bool,
    lighter: bool = False,
    heavier: bool = False,
) -> Iterator[Record]:
    """The verdict records of a load run.

    `decides`: the requirements to give a verdict of, as a profile says. SLO-2 asks for latencies on the
    loopback only. `judged` are the objectives of the run. A run that was `lighter` than its profile passes
    nothing, one that was `heavier` fails nothing.
    """
    name = f"{CHECK}.{record['profile']}"
    seconds = record["measured_s"]
    by_name = {objective.name: objective for objective in judged}
    for requirement_id in decides:
        requirement = spec.requirement(requirement_id)
        mine = [by_name[key] for key in objectives_of(requirement) if key in by_name]
        if not mine:
            why = f"the profile {record['profile']} judges none of its objectives"
            yield verdict_record(requirement_id, name, Verdict.NOT_RUN, why, cause="elsewhere")
            continue
        if "loopback" in requirement.sentence and not loopback:
            why = "it is asked on the loopback, and the target is not there"
            yield verdict_record(requirement_id, name, Verdict.NOT_APPLICABLE, why)
            continue
        yield _at_its_load(_decided(requirement_id, name, mine, seconds), lighter=lighter, heavier=heavier)
    yield from broken(record, spec)


def _at_its_load(verdict: Record, *, lighter: bool, heavier: bool) -> Record:
    """The verdict, where it holds for the load that the requirement is asked at."""
    unproven = {Verdict.PASS.value: lighter, Verdict.FAIL.value: heavier}
    if not unproven.get(verdict["verdict"], False):
        return verdict
    other = "lighter" if verdict["verdict"] == Verdict.PASS else "heavier"
    word = "met" if other == "lighter" else "missed"
    told = verdict["note"].removeprefix(MEASURED)
    reason = f"{word} at a {other} load than it is asked at: {told}"
    return {**verdict, "verdict": Verdict.NOT_RUN.value, "reason": reason, "cause": "elsewhere"}


def broken(record: Record, spec: Spec) -> Iterator[Record]:
    """A fail of each requirement that was seen broken under this load."""
    seen: dict[str, list[Record]] = {}
    for fault in record["faults"]:
        if fault["requirement"] in spec.requirements:
            seen.setdefault(fault["requirement"], []).append(fault)
    for requirement_id, faults in seen.items():
        count = sum(fault["count"] for fault in faults)
        first = faults[0]
        times = "once" if count == 1 else f"{count} times"
        of = f"in {record['totals']['requests']} requests"
        told = f"under load, {times} {of}: {first['operation']}: {first['fault']}"
        yield verdict_record(
            requirement_id, f"{CHECK}.{record['profile']}", Verdict.FAIL, told, seconds=record["measured_s"]
        )


def _decided(requirement_id: str, name: str, mine: Sequence[Objective], seconds: float) -> Record:
    verdict = gravest(objective.verdict for objective in mine)
    told = [objective for objective in mine if objective.verdict is verdict]
    measured = "; ".join(objective.reason for objective in mine)
    cause: Cause | None = "tools" if verdict is Verdict.NOT_RUN else None
    reason = "" if verdict is Verdict.PASS else "; ".join(objective.reason for objective in told)
    return verdict_record(
        requirement_id, name, verdict, reason, seconds=seconds, note=f"{MEASURED}{measured}", cause=cause
    )

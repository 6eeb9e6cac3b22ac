"""What a run will do: from selection, claims and bounds to jobs and settled verdicts.

Every requirement in scope ends with a verdict: those that are not going to be run get theirs here, with
the reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.registry import Check, Job, Observer
from protocol.spec import Requirement, Spec
from protocol.target import Target
from reports.verdicts import Verdict

Record = dict[str, Any]


class SelectionError(Exception):
    """A selector names nothing that exists; the message says what does."""


@dataclass(frozen=True)
class Bounds:
    """What a run may do. `control` is true where the target's clock will be moved."""

    max_wait: float
    control: bool = False
    gentle: bool = False
    can_sign: bool = True


@dataclass
class Plan:
    """`intended` are the ids in scope: the denominator, whatever runs."""

    jobs: list[Job] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)
    settled: list[Record] = field(default_factory=list)
    intended: list[str] = field(default_factory=list)


def in_scope(spec: Spec, profiles: Iterable[str] = (), requirements: Iterable[str] = ()) -> list[Requirement]:
    """The requirements that the selectors name: without any, all that are asked of a server.

    Raises SelectionError for a selector that matches nothing.
    """
    profiles, requirements = list(profiles), list(requirements)
    for name in profiles:
        if name not in spec.profiles:
            raise SelectionError(f"--profile {name}: no such profile{_near(name, spec.profiles)}")
    for name in requirements:
        if name not in spec.requirements:
            raise SelectionError(f"--requirement {name}: no such requirement{_near(name, spec.requirements)}")
    if not profiles and not requirements:
        return [r for r in spec.requirements.values() if spec.profiles[r.profile].subject == "server"]
    return [
        r
        for r in spec.requirements.values()
        if (not profiles or r.profile in profiles) and (not requirements or r.id in requirements)
    ]


def make_plan(
    spec: Spec,
    target: Target,
    scope: Iterable[Requirement],
    jobs: Iterable[Job],
    observers: Iterable[Observer],
    bounds: Bounds,
) -> Plan:
    """Sorts the jobs and observers of the requirements in scope into what runs and what is settled."""
    plan = Plan()
    by_id: dict[str, list[Job]] = {}
    for job in jobs:
        by_id.setdefault(job.check.requirement, []).append(job)
    watching: dict[str, list[Observer]] = {}
    for observer in observers:
        watching.setdefault(observer.requirement, []).append(observer)
    holds = target.conditions(spec)
    for requirement in scope:
        plan.intended.append(requirement.id)
        mine = by_id.get(requirement.id, [])
        watchers = watching.get(requirement.id, [])
        settled = _settled(requirement, target, holds, has_check=bool(mine or watchers))
        if settled is not None:
            plan.settled.append(_record(requirement, *settled))
            continue
        plan.observers.extend(watchers)
        for job in mine:
            reason = _left_out(job, spec, target, bounds)
            if reason is None:
                plan.jobs.append(job)
            else:
                plan.settled.append(_record(requirement, *reason, job=job))
    return plan


def _settled(
    requirement: Requirement, target: Target, holds: frozenset[str], has_check: bool
) -> tuple[Verdict, str] | None:
    if requirement.profile not in target.profiles:
        return Verdict.NOT_CLAIMED, f"the target does not claim the profile {requirement.profile}"
    if requirement.when is not None and requirement.when not in holds:
        return Verdict.NOT_APPLICABLE, f"its condition does not hold: {requirement.when}"
    if requirement.excluded is not None:
        return Verdict.NOT_RUN, requirement.excluded
    if not has_check:
        return Verdict.NOT_RUN, "no check of it was selected"
    return None


def _left_out(job: Job, spec: Spec, target: Target, bounds: Bounds) -> tuple[Verdict, str] | None:
    check = job.check
    requirement = spec.requirement(check.requirement)
    wait = check.wait_s(spec)
    if requirement.control_only and not bounds.control:
        return Verdict.NOT_RUN, f"needs clock control (test_control in the target file), or {wait} s"
    if wait > bounds.max_wait and not bounds.control:
        return Verdict.NOT_RUN, f"needs {wait} s of waiting; --max-wait allows {bounds.max_wait:g} s"
    if check.clock and not bounds.control:
        return Verdict.NOT_RUN, "needs clock control (test_control in the target file)"
    if bounds.gentle and check.tags:
        return Verdict.NOT_RUN, f"left out by --gentle ({', '.join(sorted(check.tags))})"
    if check.needs_signing and not bounds.can_sign:
        return Verdict.NOT_RUN, "needs tokens of its own making; the target file gives no signing key"
    operation = asked_operation(check, job)
    if operation is not None and not offered(spec, target, operation):
        return Verdict.NOT_APPLICABLE, f"the target does not claim the profile of {operation}"
    return None


def asked_operation(check: Check, job: Job) -> str | None:
    """The operation that a case is about, where its value says (`value.operation`) or is one."""
    value = job.value
    found = getattr(value, "operation", value if isinstance(value, str) else None)
    return found if isinstance(found, str) else None


def offered(spec: Spec, target: Target, operation: str) -> bool:
    """Whether the target claims a profile that has this operation; an operation of no profile is offered."""
    homes = [profile.name for profile in spec.profiles.values() if operation in profile.operations]
    return not homes or any(home in target.profiles for home in homes)


def _record(requirement: Requirement, verdict: Verdict, reason: str, job: Job | None = None) -> Record:
    return {
        "type": "verdict",
        "requirement": requirement.id,
        "check": job.check.name if job else None,
        "case": job.case if job else "",
        "verdict": verdict.value,
        "reason": reason,
        "attempt": "",
        "attempts": 0,
        "exchange": None,
        "seconds": 0.0,
        "note": "",
    }


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else ""

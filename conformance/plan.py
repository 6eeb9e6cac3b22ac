"""What a run will do: from selection, claims and bounds to jobs and settled verdicts.

Every requirement in scope ends with a verdict: those that are not going to be run get theirs here, with
the reason.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.registry import TAGS, Job, Observer
from protocol.spec import Requirement, Spec
from protocol.target import Target
from reports.runlog import Cause, verdict_record
from reports.verdicts import Verdict

Record = dict[str, Any]


END_TO_END = "e2e.checks."
LOAD = "load.profiles."
CROWD = "e2e.crowd"


class SelectionError(Exception):
    """A selector names nothing that exists; the message says what does."""


@dataclass(frozen=True)
class Bounds:
    """What a run may do. `control` is true where the target's clock will be moved."""

    max_wait: float
    max_wait_by: str = "--max-wait"  # the option that says so
    control: bool = False
    gentle: bool = False
    can_sign: bool = True
    beside: frozenset[str] = frozenset()  # the requirements that suites beside this one decide
    listed_users: int | None = None


@dataclass
class Plan:
    """`intended` are the ids in scope: the denominator, whatever runs."""

    jobs: list[Job] = field(default_factory=list)
    observers: list[Observer] = field(default_factory=list)
    settled: list[Record] = field(default_factory=list)
    intended: list[str] = field(default_factory=list)


def in_scope(
    spec: Spec, profiles: Iterable[str] = (), requirements: Iterable[str] = (), claimed: Iterable[str] = ()
) -> list[Requirement]:
    """The requirements that the selectors name: without any, all that are asked of a server, and of a client
    those of the profiles `claimed`.

    Raises SelectionError for a selector that matches nothing.
    """
    profiles, requirements = list(profiles), list(requirements)
    for name in profiles:
        if name not in spec.profiles:
            raise SelectionError(f"--profile {name}: no such profile{_near(name, spec.profiles)}")
    for name in requirements:
        if name not in spec.requirements:
            raise SelectionError(f"--requirement {name}: no such requirement{_near(name, spec.requirements)}")
        if profiles and spec.requirement(name).profile not in profiles:
            raise SelectionError(
                f"--requirement {name}: it is of the profile {spec.requirement(name).profile}, "
                f"and --profile chose {', '.join(profiles)}"
            )
    if not profiles and not requirements:
        always = {*claimed, *(p.name for p in spec.profiles.values() if p.subject == "server")}
        return [r for r in spec.requirements.values() if r.profile in always]
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
    holds = target.conditions()
    for requirement in scope:
        plan.intended.append(requirement.id)
        mine = by_id.get(requirement.id, [])
        watchers = watching.get(requirement.id, [])
        settled = _settled(requirement, target, holds, has_check=bool(mine or watchers))
        where = elsewhere(requirement)
        if settled is None and where is not None:
            if requirement.id not in bounds.beside:
                plan.settled.append(
                    verdict_record(requirement.id, None, Verdict.NOT_RUN, where, cause="elsewhere")
                )
            continue
        if settled is not None:
            plan.settled.append(settled)
            continue
        plan.observers.extend(watchers)
        for job in mine:
            left_out = _left_out(job, spec, target, bounds)
            if left_out is None:
                plan.jobs.append(job)
            elif not job.check.extra:
                plan.settled.append(left_out)
    return plan


def _settled(
    requirement: Requirement, target: Target, holds: frozenset[str], has_check: bool
) -> Record | None:
    """The verdict of a requirement that needs no check to be known."""
    if requirement.profile not in target.profiles:
        reason = f"the target does not claim the profile {requirement.profile}"
        return verdict_record(requirement.id, None, Verdict.NOT_CLAIMED, reason)
    if requirement.subject == "client" and target.widget is None:
        reason = "the target file names no widget to score (widget.url)"
        return verdict_record(requirement.id, None, Verdict.NOT_CLAIMED, reason)
    if requirement.subject == "delivery" and target.cdn is None:
        reason = "the target file names no delivery of the widget (cdn.url)"
        return verdict_record(requirement.id, None, Verdict.NOT_CLAIMED, reason)
    if requirement.when is not None and requirement.when not in holds:
        reason = f"its condition does not hold: {requirement.when}"
        return verdict_record(requirement.id, None, Verdict.NOT_APPLICABLE, reason)
    if requirement.excluded is not None:
        return verdict_record(requirement.id, None, Verdict.NOT_RUN, requirement.excluded, cause="excluded")
    if not has_check and elsewhere(requirement) is None:
        return verdict_record(
            requirement.id, None, Verdict.NOT_RUN, "no check of it was selected", cause="stopped"
        )
    return None


def elsewhere(requirement: Requirement) -> str | None:
    """What checks it, where this suite does not."""
    checked = requirement.checked or ""
    if checked.startswith(END_TO_END):
        return "takes peers, a browser or a TURN server: `parley score` and `pytest e2e` check it"
    if checked.startswith(LOAD):
        profile = checked.removeprefix(LOAD)
        return f"takes a load of its own: `parley load --profile {profile}` checks it"
    if checked == CROWD:
        return "takes peers by the hundred: `parley load --profile peers` checks it"
    return None


def _left_out(job: Job, spec: Spec, target: Target, bounds: Bounds) -> Record | None:
    """The verdict of a job that is not going to be run, or None."""
    check = job.check
    wait = check.wait_s(spec)
    verdict = Verdict.NOT_RUN
    cause: Cause | None = None
    needs_s: int | None = None
    operation = asked_operation(job)
    if operation is not None and not offered(spec, target, operation):
        verdict, reason = Verdict.NOT_APPLICABLE, f"the target does not claim the profile of {operation}"
    elif not bounds.control and (spec.requirement(check.requirement).control_only or check.clock):
        reason, cause, needs_s = "needs clock control (test_control in the target file)", "time", wait
    elif wait > bounds.max_wait and not bounds.control:
        reason, cause, needs_s = (
            f"needs {wait} s of waiting; {bounds.max_wait_by} allows {bounds.max_wait:g} s",
            "time",
            wait,
        )
    elif bounds.gentle and check.tags:
        reason, cause = f"left out by --gentle: it {TAGS[min(check.tags)]}", "gentle"
    elif "budget" in check.tags and bounds.listed_users is not None:
        users = f"those {bounds.listed_users} of tokens.list serve all checks"
        reason, cause = f"{TAGS['budget']}, which takes users that no other check has: {users}", "tokens"
    elif check.needs_signing and not bounds.can_sign:
        reason, cause = "needs tokens of its own making; the target file gives no signing key", "tokens"
    else:
        return None
    return verdict_record(
        check.requirement, check.name, verdict, reason, case=job.case, cause=cause, needs_s=needs_s
    )


def asked_operation(job: Job) -> str | None:
    """The operation that a case is about, where its value says (`value.operation`) or is one."""
    value = job.value
    found = getattr(value, "operation", value if isinstance(value, str) else None)
    return found if isinstance(found, str) else None


def offered(spec: Spec, target: Target, operation: str) -> bool:
    """Whether the target claims a profile that has this operation; an operation of no profile is offered."""
    homes = [profile.name for profile in spec.profiles.values() if operation in profile.operations]
    return not homes or any(home in target.profiles for home in homes)


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {', '.join(close)}?" if close else ""

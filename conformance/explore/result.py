"""What an attack found, as plain JSON (reports/schemas/attack.schema.json): of it the reports are made."""

from __future__ import annotations

from conformance.explore import methods
from conformance.explore.attack import Attack, Found, Turn
from conformance.explore.findings import Record
from suite.opening import version

FORMAT = 1
UNASKED = ("health",)  # answers anybody


def result(attack: Attack, *, replayed: bool = False) -> Record:
    """The result. Of one that only did something again, nothing is asked that it did not do."""
    world = attack.arena.world
    shallow, untried = ([], []) if replayed else unreached(attack)
    return {
        "format": FORMAT,
        "run_id": world.run_id,
        "started": attack.began.isoformat(timespec="seconds"),
        "seconds": round(attack.elapsed_s, 1),
        "allowed_s": attack.seconds,
        "suite": {"name": "parley-conformance", "version": version()},
        "spec": {"version": world.spec.version, "hash": world.spec.hash},
        "target": world.target.public(),
        "seed": attack.arena.seed,
        "clock": "control" if world.control is not None else "real",
        "stopped": attack.stopped,
        "shallow": shallow,
        "untried": untried,
        "methods": [_method(turn) for turn in attack.turns],
        "findings": [_finding(attack, number, one) for number, one in enumerate(attack.found, 1)],
    }


def unreached(attack: Attack) -> tuple[list[str], list[str]]:
    """The operations of the claimed profiles that somebody signed in was never answered 200: those that the
    methods were to reach, and those that none of them tries.
    """
    spec, target = attack.arena.world.spec, attack.arena.world.target
    accepted = {name for turn in attack.turns for name in turn.method.covered.accepted}
    claimed = [
        name
        for profile in spec.profiles.values()
        if profile.name in target.profiles
        for name in profile.operations
        if name not in UNASKED
    ]
    used = [turn.method.name for turn in attack.turns]
    missing = [name for name in dict.fromkeys(claimed) if name not in accepted]
    tried = [name for name in missing if any(methods.tries(method, spec, name) for method in used)]
    return tried, [name for name in missing if name not in tried]


def _method(turn: Turn) -> Record:
    covered = turn.method.covered
    return {
        "name": turn.method.name,
        "seconds": round(turn.seconds, 1),
        "cases": covered.cases,
        "requests": covered.requests,
        "accepted": dict(sorted(covered.accepted.items())),
        "notes": [*covered.notes, *dict.fromkeys(turn.notes)],
        "error": turn.error,
    }


def _finding(attack: Attack, number: int, one: Found) -> Record:
    finding, complaint, world = one.finding, one.finding.complaint, attack.arena.world
    requirement = world.spec.requirements.get(complaint.requirement or "")
    known = {failure.id: failure.reason for failure in world.target.expected_failures}
    return {
        "number": number,
        "requirement": complaint.requirement,
        "level": requirement.level if requirement else None,
        "sentence": " ".join(requirement.sentence.split()) if requirement else None,
        "expected": known.get(complaint.requirement or ""),
        "method": finding.method,
        "what": finding.what,
        "operation": finding.operation,
        "where": complaint.where,
        "wanted": complaint.wanted,
        "got": complaint.got,
        "after_s": round(one.after_s, 1),
        "method_s": round(one.method_s, 1),
        "times": one.times,
        "again": one.again,
        "tried": one.tried,
        "minimal": finding.minimal,
        "replay": dict(finding.replay),
        "conversation": one.forms.conversation,
        "curl": one.forms.curl,
        "test": one.forms.test,
    }

"""What an answer may be, by the model: its status, what it has to show, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.explore.of_status import of_status
from protocol.judge import judge, show
from protocol.operations import Answer
from reports.reproduction.fault import Complaint

OK = 200
UNASKED = (401, 429)  # whatever else is wrong with a request, these have reasons of their own


@dataclass(frozen=True)
class Verdict:
    """A complaint, and in a few words what was being done. After one that is `fatal` the model no longer
    knows what state the target is in.
    """

    complaint: Complaint
    what: str
    fatal: bool = True


@dataclass(frozen=True)
class Fault:
    """Why a request is refused: with these statuses, by this requirement. Where it is not `sure` it may be
    granted as well.
    """

    requirement: str | None
    statuses: frozenset[int]
    why: str
    sure: bool = True


def fault(requirement: str | None, statuses: Iterable[int], why: str, *, sure: bool = True) -> Fault:
    return Fault(requirement, frozenset(statuses), why, sure)


Looks = Callable[[Answer], Iterable[Verdict]]


@dataclass
class Expected:
    """What may come back to one request.

    `grant` is the requirement that is offended where it is refused without a reason, `refusals` those for
    certain statuses, `blamed` those that come before any other. `granted` takes in what a 200 says has
    happened and yields what is wrong with what it shows; `refused` takes in a refusal. `instead` names the
    requirement that a grant goes against, where what was granted tells it better than the reason to refuse.
    `idle` is the requirement by which the request has no effect. Where it is `free` the status says nothing.
    """

    what: str
    grant: str | None
    faults: list[Fault] = field(default_factory=list)
    also: frozenset[int] = frozenset()
    refusals: dict[int, str | None] = field(default_factory=dict)
    granted: Looks = lambda answer: ()
    instead: Callable[[Answer], str | None] = lambda answer: None
    refused: Callable[[int], None] = lambda status: None
    blamed: dict[int, str] = field(default_factory=dict)
    idle: str | None = None
    free: bool = False

    @property
    def sure(self) -> list[Fault]:
        """Why it must be refused."""
        return [one for one in self.faults if one.sure]

    @property
    def statuses(self) -> frozenset[int]:
        found = self.also.union(*(one.statuses for one in self.faults))
        return found if self.sure else found | {OK}

    def judge_status(self, answer: Answer) -> Verdict | None:
        if self.free or answer.status in self.statuses:
            return None
        reasons = self.sure
        why = " and ".join(one.why for one in reasons)
        complaint = of_status(answer, self.statuses, self.offended(answer), why)
        doing = f"{self.what}: {reasons[0].why}" if reasons else self.what
        return Verdict(complaint, doing)

    def offended(self, answer: Answer) -> str | None:
        """The requirement that the status goes against."""
        if answer.status in self.blamed:
            return self.blamed[answer.status]
        if answer.status in UNASKED and answer.status in self.refusals:
            return self.refusals[answer.status]
        if self.sure:
            told = self.instead(answer) if answer.status == OK else None
            return told or self.sure[0].requirement
        status = answer.status or 0
        return self.refusals.get(status, self.grant)


def at_place(
    requirement: str | None,
    what: str,
    answer: Answer,
    path: str,
    predicate: str,
    arguments: Mapping[str, Any],
    why: str = "",
    *,
    fatal: bool = False,
) -> Iterable[Verdict]:
    """A verdict where what stands at that path of the body is not so."""
    found = answer.at(path)
    wanted = judge(predicate, found, arguments)
    if wanted is not None:
        words = f"{wanted} ({why})" if why else wanted
        complaint = Complaint(requirement, f"body.{path}", words, show(found), predicate, dict(arguments))
        yield Verdict(complaint, what, fatal)


def in_words(
    requirement: str | None, what: str, where: str, wanted: str, got: str, *, fatal: bool = True
) -> Verdict:
    """A verdict that no one place shows."""
    return Verdict(Complaint(requirement, where, wanted, got), what, fatal)

"""What holds for every answer, whoever asked whatever: one place to judge it. Under construction."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.explore.findings import Complaint
from protocol.client import User
from protocol.judge import judge, status_words
from protocol.operations import Answer, Request
from protocol.spec import Spec
from protocol.target import Target


class Oracle:
    def __init__(self, spec: Spec, target: Target) -> None:
        self.spec = spec
        self.target = target

    def judge(
        self, user: User, request: Request, answer: Answer, stray: str | None = None
    ) -> list[Complaint]:
        """What is wrong with the answer by itself; `stray` is what it tells that is not for this user."""
        return []

    def expecting(
        self, answer: Answer, statuses: Iterable[int], requirement: str | None, why: str = ""
    ) -> Complaint | None:
        """A complaint where the status is none of these. `why` says what asks for them."""
        wanted = {"statuses": sorted(statuses)}
        if judge("status_in", {"status": answer.status}, wanted) is None:
            return None
        words = status_words(wanted["statuses"]) + (f" ({why})" if why else "")
        got = answer.error or f"{answer.status} {answer.raw[:120].decode('utf-8', 'replace')}".strip()
        return Complaint(requirement, "status", words, got, "status_in", wanted)

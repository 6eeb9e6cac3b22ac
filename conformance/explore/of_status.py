"""A complaint about a status: the same words wherever one is made."""

from __future__ import annotations

from collections.abc import Iterable

from protocol.judge import status_words
from protocol.operations import Answer
from reports.reproduction.fault import Complaint

GOT_CHARS = 200  # of a body that is quoted


def of_status(answer: Answer, statuses: Iterable[int], requirement: str | None, why: str = "") -> Complaint:
    """That it is none of these; `why` says what asks for them."""
    wanted = {"statuses": sorted(statuses)}
    words = status_words(wanted["statuses"]) + (f" ({why})" if why else "")
    return Complaint(requirement, "status", words, got(answer), "status_in", wanted)


def got(answer: Answer) -> str:
    """What came, in a few words."""
    if answer.status is None:
        return answer.error or "no answer"
    body = answer.raw[:GOT_CHARS].decode("utf-8", "replace")
    return f"{answer.status} {body}".strip()

"""What one room would have answered in the states that it can have been in: for a complaint's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.explore.of_status import got
from conformance.explore.schedules.one_room import LOOKS, NOT_FOR_YOU, READS, Inside
from protocol.judge import status_words
from protocol.linearizability import Operation, State
from protocol.operations import Answer
from reports.reproduction.fault import Complaint

SHOWN = 3  # states that are told apart
LISTED = 8  # candidates that are named
Texts = Callable[[str], str | None]  # of what was posted, by its name


@dataclass(frozen=True)
class Wanted:
    """Statuses, and of a 200 what stands where; `why` in words, beginning with what it is."""

    statuses: tuple[int, ...]
    why: str
    where: str = ""
    value: Any = None


def wanted(state: State, operation: Operation, text: Texts) -> Wanted:
    what, who = operation.what, operation.who
    if what in LOOKS:
        return _look(state, what)
    if not isinstance(state, Inside):
        if what == "join":
            return Wanted((404,), "since all have left the room")
        statuses = (200, 404) if what == "leave" else NOT_FOR_YOU
        return Wanted(statuses, "since all have left the room")
    if what == "join":
        return Wanted((200,), "since the room is there")
    if who not in state.people:
        return Wanted(NOT_FOR_YOU, f"since {who} is not in the room")
    if what in READS:
        return _mail(state, READS[what], who, text)
    if what == "poll-candidates":
        names = state.since(operation.input[1], who)
        return Wanted((200,), f"with {', '.join(names) or 'no candidate'}", "body.candidates")
    return Wanted((200,), f"since {who} is in the room")


def _look(state: State, what: str) -> Wanted:
    if not isinstance(state, Inside):
        return Wanted((200,), "without the room, which all have left", "body.rooms")
    count = len(state.people)
    inside = " and ".join(sorted(state.people))
    where = "body.rooms" if what == "listed" else "body.room.participantCount"
    return Wanted((200,), f"participantCount {count} ({inside} in the room)", where, count)


def _mail(state: Inside, kind: str, who: str, text: Texts) -> Wanted:
    mail = state.box(kind)
    if mail is None:
        return Wanted((404,), f"since the {kind} box is empty")
    if mail.sender == who:
        return Wanted((200, 404), f"with {mail.name} if with anything", f"body.{kind}", text(mail.name))
    if mail.orphaned:
        return Wanted((200, 404), f"with {mail.name} if with anything", f"body.{kind}", text(mail.name))
    return Wanted((200,), f"with {mail.name}, which nobody has read", f"body.{kind}", text(mail.name))


def complaint(
    requirement: str | None, states: Iterable[State], operation: Operation, answer: Answer, text: Texts
) -> Complaint:
    """What was wanted in all those states, and what came."""
    if operation.what == "joined":  # a look after the join
        inside = [one for one in states if isinstance(one, Inside) and operation.who in one.people]
        states = inside or states
    options = list(dict.fromkeys(wanted(state, operation, text) for state in states))
    statuses = sorted({status for option in options for status in option.statuses})
    told = [_words(option) for option in options[:SHOWN]]
    words = "; or ".join(dict.fromkeys(told)) or "an answer that some order of the steps explains"
    came = _came(operation, answer)
    if operation.what not in LOOKS and answer.status not in statuses and statuses:
        return Complaint(requirement, "status", words, came, "status_in", {"statuses": statuses})
    where = options[0].where if options else "answer"
    values = [option.value for option in options]
    if where in ("", "body.rooms", "body.candidates", "answer") or None in values:
        return Complaint(requirement, where or "answer", words, came)
    if len(values) == 1:
        return Complaint(requirement, where, words, came, "equals", {"value": values[0]})
    return Complaint(requirement, where, words, came, "is_one_of", {"values": values})


def _words(option: Wanted) -> str:
    if option.why.startswith("participantCount") or option.why.startswith("without"):
        return option.why
    joint = " " if option.why.startswith("with") else ", "
    return f"{status_words(option.statuses)}{joint}{option.why}"


def _came(operation: Operation, answer: Answer) -> str:
    output: Mapping[str, Any] = operation.output or {}
    if operation.what in LOOKS:
        if output.get("there") is False:
            return "a listing without the room"
        return f"participantCount {output.get('count')}"
    if "mail" in output:
        return f"{answer.status} with {output['mail'] or 'nothing in it'}"
    if "items" in output:
        items = [str(one) for one in output["items"]]
        more = f" and {len(items) - LISTED} more" if len(items) > LISTED else ""
        return f"{answer.status} with {', '.join(items[:LISTED]) or 'no candidate'}{more}"
    return got(answer)

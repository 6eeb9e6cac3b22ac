"""Recorded histories as plain JSON: judged by the models, and told so that a stranger understands them.

A history is a list of `{who, what, on, called, returned, input, output, exchange}`: times in milliseconds of
one clock, `output` null for what is not known; what each may be is said by the models (models.py). `exchange`
is its number in the run log. `on` names the box or room that it is about. A history is
linearizable exactly if that of each box or room is (locality, Herlihy and Wing), so each is judged by itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from protocol.linearizability import Answer, Operation, Violation, decide, shortest
from protocol.models import Told, model

History = Iterable[Mapping[str, Any]]
LINES = 14  # of a violation that are shown
STATES = 3
TEXT_CHARS = 2400  # of what is said about a violation


@dataclass(frozen=True)
class Finding:
    """What a history shows. Where it is violated: a complaint's words, and the exchange that gave it away."""

    answer: Answer
    wanted: str = ""
    got: str = ""
    exchange: int | None = None


def look(history: History, arguments: Mapping[str, Any]) -> Finding:
    """Judges a history; `arguments` name the `model`, and its `initial` state (of each box or room alike)."""
    return _look(json.dumps(list(history)), arguments["model"], json.dumps(arguments.get("initial") or {}))


@lru_cache(maxsize=16)  # a complaint asks three times
def _look(history: str, name: str, initial: str) -> Finding:
    subject = model(name, json.loads(initial))
    by_object: dict[str, list[Operation]] = {}
    for entry in json.loads(history):
        by_object.setdefault(str(entry["on"]), []).append(operation(entry))
    answer: Answer = "linearizable"
    for which, operations in by_object.items():
        found = decide(operations, subject, subject.start())
        if found == "violated":
            violation = shortest(operations, subject, subject.start())
            assert violation is not None, "it was violated a moment ago"
            return Finding(found, *told(violation, subject, which), violation.culprit.ref)
        if found == "undecided":
            answer = found
    return Finding(answer)


def operation(entry: Mapping[str, Any]) -> Operation:
    return Operation(
        who=str(entry["who"]),
        what=str(entry["what"]),
        called=entry["called"],
        returned=entry["returned"],
        input=entry.get("input"),
        output=entry.get("output"),
        ref=entry.get("exchange"),
    )


def told(violation: Violation, subject: Told, which: str) -> tuple[str, str]:
    """What was wanted, with the shortest violating history in order of time, and why it cannot be had."""
    shown = violation.operations
    zero = shown[0].called
    lines = [_line(one, subject, zero, one is violation.culprit) for one in shown]
    if len(lines) > LINES:
        cut = len(lines) - LINES
        lines = [*lines[: LINES // 2], f"  … {cut} more …", *lines[-LINES // 2 :]]
    first = f"  at first the {subject.noun} {subject.state_words(subject.start())}"
    wanted = "\n".join([f"an order of these that explains every answer ({which})", first, *lines])
    culprit = violation.culprit
    got = f"none: without the answer of {culprit.who} marked ! there is one, with it there is none"
    if violation.states:
        states = [subject.state_words(state) for state in violation.states[:STATES]]
        more = len(violation.states) - len(states)
        states += [f"… ({more} more)"] if more else []
        got += f"; wherever the others fit, the {subject.noun} then {', or '.join(states)}"
    if violation.left_out:
        kinds = Counter(one.what for one in violation.left_out)
        said = ", ".join(f"{count} × {what}" for what, count in kinds.items())
        got += f". Left out, since it is so whatever they did: {said}"
    return _cut(wanted), _cut(got)


def _line(one: Operation, subject: Told, zero: float, culprit: bool) -> str:
    start, end = f"{one.called - zero:.1f}", f"{one.returned - zero:.1f}" if one.known else "?"
    return f"  {'!' if culprit else ' '} {start:>6} to {end:>6} ms  {one.who} {subject.words(one)}"


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARS else f"{text[:TEXT_CHARS]}…"

"""Does the transcript of a run bear out its expectations? What each says it saw, against its exchange.

reports/rejudge.py judges what expectations saw; this asks whether they can have seen it. What nobody can ask
of a log is counted: values drawn from several answers, and observers that need the code of the checks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protocol import validation
from protocol.spec import Spec
from protocol.transcript import HEADER_CHARS
from reports import planned, runlog
from reports.answers import body_of
from reports.planned import check_id, observes
from reports.rejudge import HISTORIES, OF_AN_ANSWER, is_altered
from reports.runlog import BESIDE, DELIVERY, Record
from reports.verdicts import Verdict

JUDGED_BY_SCHEMA = "without_problems"  # rejudge validates the body again
NOT_ASKED = (Verdict.NOT_APPLICABLE, Verdict.NOT_CLAIMED)
ENDED_EARLY = (Verdict.NOT_RUN, Verdict.HARNESS_ERROR)
LOAD = "load."  # what checks a requirement, as the spec names it: it judges a load, and no exchange
UNAVAILABLE = 503  # which a server may answer while it is not healthy


@dataclass(frozen=True)
class BorneOut:
    """`problems` in words; of the expectations, how many were `compared` with their exchange and how many are
    `taken` at their word. `observers` are requirements whose observers cannot be asked again.
    """

    problems: tuple[str, ...]
    compared: int
    taken: int
    observers: tuple[str, ...]


@dataclass
class _Exchange:
    attempt: str
    answer: Record
    values: frozenset[str] = frozenset()  # of its body and headers, where an expectation asks for one
    cut: tuple[str, ...] = ()  # headers that were too long to be kept whole


@dataclass
class _Seen:
    """What is kept of the log while it is read once."""

    exchanges: dict[int, _Exchange] = field(default_factory=dict)
    attempts: dict[str, str] = field(default_factory=dict)  # attempt -> what of it was met first
    expected: set[str] = field(default_factory=set)  # attempts with expectations
    broken_in: set[str] = field(default_factory=set)  # ... one of which judged, and did not hold
    named: set[str] = field(default_factory=set)
    answers: int = 0
    errors: int = 0
    shapeless: int | None = None  # the first error in none of the shapes
    broken: int | None = None  # the first server error
    compared: int = 0
    taken: int = 0


def check(folder: Path, spec: Spec) -> BorneOut:
    """Reads the log twice. Raises RunLogError for what is no run log."""
    wanted = {
        record["exchange"]
        for _, record in runlog.records(folder)
        if record["type"] == "expectation" and _asks_a_value(record)
    }
    seen = _Seen()
    problems: list[str] = []
    verdicts: list[Record] = []
    header: Record = {}
    footer: Record = {}
    for number, record in runlog.records(folder):
        kind = record["type"]
        if kind == "exchange":
            problems += _exchange(record, wanted, seen, spec)
        elif kind == "expectation":
            problems += (f"line {number}: {problem}" for problem in _expectation(record, seen))
        elif kind == "verdict":
            verdicts.append(record)
        elif kind in ("header", "footer"):
            header, footer = (record, footer) if kind == "header" else (header, record)
    problems += _verdicts(verdicts, seen, spec)
    if "planned" in header:  # logs of before it came to be have none
        problems += planned.problems(header["planned"], verdicts)
    problems += _counts(verdicts, footer, seen)
    problems += _observers(verdicts, seen)
    asked = {"ERR-3", "ERR-4"}
    observers = tuple(v["requirement"] for v in verdicts if observes(v) and v["requirement"] not in asked)
    return BorneOut(tuple(problems), seen.compared, seen.taken, observers)


# -- exchanges


def _exchange(record: Record, wanted: set[int], seen: _Seen, spec: Spec) -> Iterator[str]:
    number, answer = record["id"], record["answer"]
    if number in seen.exchanges:
        yield f"exchange {number} is there twice"
    kept = {"status": answer.get("status"), "error": answer.get("error"), "object": _is_object(answer)}
    made = _Exchange(record["attempt"], kept)
    if number in wanted:
        made.values = frozenset(_values(answer))
        made.cut = tuple(value for _, value in answer.get("headers", ()) if len(value) == HEADER_CHARS)
    seen.exchanges[number] = made
    seen.attempts.setdefault(record["attempt"], f"exchange {number}")
    status = answer.get("status")
    if number >= BESIDE or status is None or record["operation"] == DELIVERY:
        return
    seen.answers += 1
    if status >= 500 and status != UNAVAILABLE and seen.broken is None:
        seen.broken = number
    if 400 <= status < 600:
        seen.errors += 1
        if status != UNAVAILABLE and seen.shapeless is None and not _shaped(answer, spec):
            seen.shapeless = number


def _is_object(answer: Record) -> bool | None:
    """Whether the body is a JSON object; None where it was too long to be kept whole."""
    if "decrypted" in answer:
        return isinstance(answer["decrypted"], dict)
    body = answer.get("body", {})
    return None if "sha256" in body else isinstance(body.get("json"), dict)


def _shaped(answer: Record, spec: Spec) -> bool:
    body = body_of(answer)
    return body is None or not list(validation.error_validator(spec).problems(body))


def _values(answer: Record) -> Iterator[str]:
    body = body_of(answer)
    yield from map(_normal, _within(body))
    yield from (_normal(value) for _, value in answer.get("headers", ()))


def _within(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for item in value.values():
            yield from _within(item)
    elif isinstance(value, list):
        for item in value:
            yield from _within(item)


def _normal(value: Any) -> str:
    """Mail is compared by its words (suite/expectations.py)."""
    return json.dumps(" ".join(value.split()) if isinstance(value, str) else value, sort_keys=True)


# -- expectations


def _asks_a_value(record: Record) -> bool:
    """Whether it looked at a value of one answer's body or headers."""
    special = (*OF_AN_ANSWER, JUDGED_BY_SCHEMA, *HISTORIES)
    return record["exchange"] is not None and record["predicate"] not in special


def _expectation(record: Record, seen: _Seen) -> Iterator[str]:
    seen.attempts.setdefault(record["attempt"], "an expectation")
    seen.expected.add(record["attempt"])
    if record["role"] == "judge" and not record["outcome"]:
        seen.broken_in.add(record["attempt"])
    number, observed, attempt = record["exchange"], record["observed"], record["attempt"]
    exchange = seen.exchanges.get(number)
    if number is not None and exchange is None:
        yield f"{attempt}: rests on exchange {number}, which is not there before it"
        return
    if exchange is None or is_altered(record) or record["predicate"] in HISTORIES:
        seen.taken += 1
        return
    if exchange.attempt != attempt:
        yield f"{attempt}: rests on exchange {number}, which is of {exchange.attempt}"
    if record["predicate"] in OF_AN_ANSWER:
        seen.compared += 1
        for name, value in exchange.answer.items():
            unknown = name == "object" and value is None
            if name in observed and observed[name] != value and not unknown:
                yield f"{attempt}: says {name} {observed[name]} of exchange {number}, which has {value}"
    elif record["predicate"] == JUDGED_BY_SCHEMA:
        seen.compared += 1
    elif observed is None or (exchange.cut and str(observed).startswith(exchange.cut)):
        seen.taken += 1  # it says that something is not there, or what is there was cut
    else:
        seen.compared += 1
        if _normal(observed) not in exchange.values:
            yield f"{attempt}: says it saw a value in exchange {number} that is not there"


# -- verdicts


def _verdicts(verdicts: list[Record], seen: _Seen, spec: Spec) -> Iterator[str]:
    checks: dict[str, set[str]] = {}
    for attempt in seen.attempts:
        checks.setdefault(attempt.rpartition("#")[0], set()).add(attempt)
    for verdict in verdicts:
        yield from _verdict(verdict, seen, checks, spec)
    for attempt, first in seen.attempts.items():
        if attempt not in seen.named:
            yield f"{attempt}: has {first}, and no verdict"


def _verdict(verdict: Record, seen: _Seen, checks: dict[str, set[str]], spec: Spec) -> Iterator[str]:
    """`checks` are all attempts of each check."""
    name = f"{verdict['requirement']} {verdict['check'] or ''}".strip()
    found, own = verdict["verdict"], check_id(verdict)
    watched = observes(verdict) and own not in checks  # it names the attempt in which it saw a fault
    attempts = set()
    for attempt in (verdict["attempt"], *(one["attempt"] for one in verdict.get("tries", ()))):
        if attempt.rpartition("#")[0] == own:
            attempts.add(attempt)
        elif attempt and not watched:
            yield f"{name}: names {attempt}, which is no attempt of it"
    if found in ENDED_EARLY and verdict["check"] and not verdict["attempt"]:
        attempts |= checks.get(own, set())  # its process died, and named none
    seen.named |= attempts
    number = verdict.get("exchange")
    if number is not None and number not in seen.exchanges:
        yield f"{name}: names exchange {number}, which is not there"
    if found in NOT_ASKED and attempts & seen.expected:
        yield f"{name}: said to be {found}, yet it was asked"
    if found == Verdict.NOT_RUN and attempts & seen.broken_in:
        yield f"{name}: said to be not-run, yet it failed"
    if found == Verdict.PASS:
        yield from _passed(verdict, name, seen)
        if not verdict["attempt"] and not watched and not _of_a_load(verdict["requirement"], spec):
            yield f"{name}: said to have passed, yet it judged nothing"
    if found == Verdict.NOT_APPLICABLE and not _conditional(verdict["requirement"], spec):
        yield f"{name}: said to be not-applicable, yet it has no condition"


def _passed(verdict: Record, name: str, seen: _Seen) -> Iterator[str]:
    if verdict["check"] is None:
        yield f"{name}: said to have passed, yet no check of it is named"
    # One that failed in the company of others, and is said to, may have passed when it was tried alone.
    failed = {one["attempt"] for one in verdict.get("tries", ()) if one["verdict"] == Verdict.FAIL}
    named = {verdict["attempt"], *(one["attempt"] for one in verdict.get("tries", ()))}
    for attempt in sorted(named & seen.broken_in - failed):
        yield f"{name}: said to have passed, yet {attempt} failed"


def _of_a_load(name: str, spec: Spec) -> bool:
    requirement = spec.requirements.get(name)
    return requirement is not None and (requirement.checked or "").startswith(LOAD)


def _conditional(name: str, spec: Spec) -> bool:
    """Whether the requirement may not apply: it has a condition, or is asked of what may not be offered."""
    requirement = spec.requirements.get(name)
    return requirement is None or requirement.when is not None or bool(requirement.operations)


def _counts(verdicts: list[Record], footer: Record, seen: _Seen) -> Iterator[str]:
    counted = Counter(verdict["verdict"] for verdict in verdicts)
    if footer.get("counts") and dict(counted) != footer["counts"]:
        yield f"the footer counts {footer['counts']}; the verdicts are {dict(counted)}"
    ids = sorted(number for number in seen.exchanges if number < BESIDE)
    for expected, number in enumerate(ids, 1):
        if number != expected:
            yield f"exchange {expected} is not there"
            return


def _observers(verdicts: list[Record], seen: _Seen) -> Iterator[str]:
    """Observers see every answer, or every error: what they counted must be there."""
    for verdict in verdicts:
        looked = planned.LOOKED_AT.fullmatch(verdict.get("note", ""))
        if looked is None:
            continue
        name = f"{verdict['requirement']} {verdict['check']}"
        if int(looked[1]) not in (seen.answers, seen.errors):
            yield f"{name}: {looked[0]}; the log has {seen.answers}, of which {seen.errors} are errors"
        red = {"ERR-3": seen.broken, "ERR-4": seen.shapeless}.get(verdict["requirement"])
        if verdict["verdict"] == Verdict.PASS and red is not None:
            yield f"{name}: said to have passed, yet exchange {red} breaks it"

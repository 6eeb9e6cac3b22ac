"""Judges a run again from its log: each recorded expectation, by another spec, without network or check code.

What a changed spec can flip here: the statuses that a requirement expects, the schemas of answers and errors,
levels. What it cannot: anything that would have sent other requests. A check stopped at the first expectation
that did not hold; where that one now holds, what would have come after is not in the log. Observers record
no expectations: their verdicts stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from protocol import validation
from protocol.judge import UnknownPredicate, judge, show
from protocol.spec import Spec
from protocol.transcript import VALUE_CHARS
from reports import runlog, score
from reports.answers import body_of
from reports.runlog import Record
from reports.score import Report
from reports.settle import Try, settle
from reports.verdicts import Verdict

# Verdicts of an attempt that follow from its expectations.
FROM_EXPECTATIONS = (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE)
OF_AN_ANSWER = ("accepted", "status_in", "status_below")  # they look at a status
HISTORIES = ("linearizable", "decided")
NAMED = re.compile("«[^»]*»")  # what stands in the place of a secret
OPEN = (
    "it stopped at an expectation that now holds; what would have come next is not in the log: run it again"
)


@dataclass(frozen=True)
class Again:
    """One expectation judged again: what its own record makes of it, and what the other spec does."""

    role: str
    recorded: bool
    by_record: bool
    complaint: str | None

    @property
    def holds(self) -> bool:
        return self.complaint is None


@dataclass(frozen=True)
class Flip:
    """A requirement whose verdict is another one now, and the first reason for it."""

    requirement: str
    was: Verdict
    now: Verdict
    why: str


@dataclass(frozen=True)
class Rejudged:
    """`unsupported` are verdicts that the log's own expectations do not bear out, in words; `elsewhere` is
    what differs between the two specs and takes a new run to judge.
    """

    before: Report
    after: Report
    flips: tuple[Flip, ...]
    unsupported: tuple[str, ...]
    expectations: int
    attempts: int
    elsewhere: tuple[str, ...] = ()


@dataclass
class _Seen:
    """The expectations of every attempt, in order."""

    attempts: dict[str, list[Again]] = field(default_factory=dict)
    count: int = 0


def rejudge(folder: Path, spec: Spec, before: Spec | None = None) -> Rejudged:
    """Judges the run in the folder by `spec`; `before` is used where it is the spec it was judged by.

    Raises RunLogError for what is no whole run log.
    """
    log = runlog.read(folder)
    if before is not None and before.hash != log.header["spec"]["hash"]:
        before = None
    seen = _judged(folder, spec)
    records, unsupported = [], []
    for record in log.verdicts:
        again = _verdict(record, seen)
        records.append(again)
        problem = _unsupported(record, seen)
        if problem is not None:
            unsupported.append(problem)
    old = score.evaluate(log, before or spec)
    new = score.evaluate(replace(log, verdicts=records), spec)
    return Rejudged(
        old,
        new,
        tuple(_flips(old, new)),
        tuple(unsupported),
        seen.count,
        len(seen.attempts),
        (*_unasked(log.header, spec), *(_changed(before, spec) if before is not None else ())),
    )


# -- expectations


def _judged(folder: Path, spec: Spec) -> _Seen:
    wanted = {
        (record["exchange"], record["arguments"]["validator"])
        for _, record in runlog.records(folder)
        if record["type"] == "expectation" and "validator" in record["arguments"]
    }
    by_exchange: dict[int, list[str]] = {}
    for exchange, validator in wanted:
        by_exchange.setdefault(exchange, []).append(validator)
    problems: dict[tuple[int, str], list[str]] = {}
    seen = _Seen()
    for _, record in runlog.records(folder):
        if record["type"] == "exchange" and record["id"] in by_exchange:
            for validator in by_exchange[record["id"]]:
                found = _problems(record["answer"], validator, spec)
                if found is not None:
                    problems[record["id"], validator] = found
        elif record["type"] == "expectation":
            seen.count += 1
            seen.attempts.setdefault(record["attempt"], []).append(_again(record, problems, spec))
    return seen


def _again(record: Record, problems: dict[tuple[int, str], list[str]], spec: Spec) -> Again:
    arguments, observed = record["arguments"], record["observed"]
    recorded = bool(record["outcome"])
    if is_altered(record):
        return Again(record["role"], recorded, recorded, None if recorded else "what it was then")
    try:
        by_record = judge(record["predicate"], observed, arguments) is None
        requirement = spec.requirements.get(record["attempt"].partition(" ")[0])
        if arguments.get("from") == "requirement" and requirement is not None and requirement.statuses:
            arguments = {**arguments, "statuses": list(requirement.statuses)}
        known = problems.get((record["exchange"], arguments.get("validator", "")))
        if known is not None:
            observed = {"problems": known}
        wanted = judge(record["predicate"], observed, arguments)
    except UnknownPredicate:
        return Again(record["role"], recorded, recorded, None if recorded else "what it was then")
    complaint = None if wanted is None else f"wanted {wanted}; got {show(_came(observed))}"
    return Again(record["role"], recorded, by_record, complaint)


def is_altered(record: Record) -> bool:
    """Whether the log has not what was judged: a secret in it was replaced by a name, or a text was cut.

    That a record says so is not enough: then anybody could take an expectation out of question by a word.
    """
    if not record.get("redacted") or record["predicate"] in (*OF_AN_ANSWER, *HISTORIES):
        return False
    return any(
        NAMED.search(text) or len(text) == VALUE_CHARS
        for text in _texts([record["observed"], record["arguments"]])
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _came(observed: Any) -> Any:
    """What came, without the wrapping that a predicate looks at."""
    if isinstance(observed, dict):
        for name in ("problems", "status"):
            if observed.get(name) is not None:
                return observed[name]
    return observed


def _problems(answer: Record, validator: str, spec: Spec) -> list[str] | None:
    """What is wrong with a recorded body by this spec; None where it was too long to be kept whole."""
    if "sha256" in answer.get("body", {}):
        return None
    kind, _, operation = validator.partition(" ")
    if kind == "error":
        compiled = validation.error_validator(spec)
    elif operation in spec.operations and spec.operation(operation).response_schema is not None:
        compiled = validation.response_validator(spec, operation)
    else:
        return None
    return validation.told(compiled.problems(body_of(answer)))


# -- verdicts


def _verdict(record: Record, seen: _Seen) -> Record:
    """The verdict record as this spec makes it; the same one where none of its expectations turned."""
    tries = _tries(record)
    again = [_try(one, seen) for one in tries]
    if [one.verdict for one in again] == [one.verdict for one in tries] or not tries:
        return record
    found = settle(again, safety=bool(record.get("safety")))
    if found.verdict is Verdict.FAIL and record.get("control", {}).get("verdict") == Verdict.FAIL:
        return record
    deciding = again[found.deciding]
    changed = {**record, "verdict": found.verdict.value, "reason": found.reason, "note": found.note}
    changed["attempt"] = deciding.attempt
    changed.pop("failure", None)
    return changed


def _tries(record: Record) -> list[Try]:
    if record.get("tries"):
        return [_recorded(one, record["reason"]) for one in record["tries"]]
    if record["check"] is None or not record["attempt"].startswith(
        f"{record['requirement']} {record['check']}"
    ):
        return []  # settled without a try, or by an observer
    return [Try(record["attempt"], Verdict(record["verdict"]), alone=True)]


def _recorded(one: Record, reason: str) -> Try:
    """`reason` is the verdict's: tries have none of their own in the log. It is not why one passed."""
    verdict = Verdict(one["verdict"])
    return Try(one["attempt"], verdict, "" if verdict is Verdict.PASS else reason, one["alone"])


def _try(one: Try, seen: _Seen) -> Try:
    expectations = seen.attempts.get(one.attempt)
    if expectations is None or one.verdict not in FROM_EXPECTATIONS:
        return one
    broken = next((again for again in expectations if not again.holds), None)
    if broken is not None:
        verdict = Verdict.FAIL if broken.role == "judge" else Verdict.INCONCLUSIVE
        return one if verdict is one.verdict else replace(one, verdict=verdict, reason=broken.complaint or "")
    if all(again.recorded for again in expectations):
        return one  # it ended as it did for another reason than an expectation
    return replace(one, verdict=Verdict.INCONCLUSIVE, reason=OPEN)


def _unsupported(record: Record, seen: _Seen) -> str | None:
    """Why the log itself does not bear out a verdict, in words; None where it does."""
    name = " ".join(filter(None, (record["requirement"], record["check"], record["case"])))
    tries = _tries(record)
    for one in tries:
        expectations = seen.attempts.get(one.attempt, [])
        for number, again in enumerate(expectations, 1):
            if again.recorded != again.by_record:
                words = ("held", "does not") if again.recorded else ("not held", "does")
                return (
                    f"{name}: expectation {number} of {one.attempt} is said to have {words[0]}; it {words[1]}"
                )
        broken = [again for again in expectations if not again.recorded]
        if one.verdict is Verdict.PASS and (broken or not any(a.role == "judge" for a in expectations)):
            why = "one of its expectations did not hold" if broken else "it judged nothing"
            return f"{name}: {one.attempt} is said to have passed, yet {why}"
        if one.verdict is Verdict.FAIL and not any(again.role == "judge" for again in broken):
            return f"{name}: {one.attempt} is said to have failed, yet no expectation of it did"
    if tries and Verdict(record["verdict"]) not in (
        settle(tries, safety=bool(record.get("safety"))).verdict,
        Verdict.HARNESS_ERROR,
    ):
        return f"{name}: its attempts do not make it {record['verdict']}"
    return None


def _flips(before: Report, after: Report) -> Iterator[Flip]:
    was = {finding.requirement.id: finding for finding in before.findings}
    for finding in after.findings:
        old = was.get(finding.requirement.id)
        if old is not None and old.verdict is not finding.verdict:
            changed = next(new for new in finding.checks if new not in old.checks)
            why = changed["reason"] or "what did not hold now does"
            yield Flip(finding.requirement.id, old.verdict, finding.verdict, f"{changed['check']}: {why}")


def _unasked(header: Record, spec: Spec) -> Iterator[str]:
    """Requirements of the claimed profiles that the run did not know of."""
    if header["options"]["requirements"] or header["options"]["profiles"]:
        return
    for requirement in spec.of_profiles(header["target"]["profiles"]):
        if requirement.subject == "server" and requirement.id not in header["intended"]:
            yield f"{requirement.id} is not in this run"


def _changed(before: Spec, spec: Spec) -> Iterator[str]:
    """What would have sent other requests, or asked at other times."""
    for section in ("timings", "limits", "budgets"):
        old, new = before.policy[section], spec.policy[section]
        for name in sorted(old.keys() | new.keys()):
            if old.get(name) != new.get(name):
                yield f"policy.yaml: {section}.{name}: {show(old.get(name))} → {show(new.get(name))}"
    for name, operation in spec.operations.items():
        other = before.operations.get(name)
        if other is None or (other.method, other.path, other.request_schema) != (
            operation.method,
            operation.path,
            operation.request_schema,
        ):
            yield f"openapi.yaml: the request of {name}"
    for name, requirement in spec.requirements.items():
        known = before.requirements.get(name)
        if known is not None and (known.when, known.wait_s, known.excluded) != (
            requirement.when,
            requirement.wait_s,
            requirement.excluded,
        ):
            yield f"requirements.yaml: {name}: when, wait or excluded"

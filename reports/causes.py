"""Root causes: what is red drawn together by what decided it, and what mending each would gain.

Two checks have one cause where the same operation went wrong in the same way: what was wanted and what came
are alike but for ids and numbers. That is a guess by likeness, so a gain is always "up to".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.answers import body_of
from reports.evidence import plain
from reports.runlog import Record, RunLog
from reports.score import WEIGHTS, Finding, Report
from reports.verdicts import APPLICABLE, Verdict, gravest

# The verdicts of checks that have a cause at the target; a harness-error is our own.
FAILED = (Verdict.FAIL, Verdict.FLAKY)
AT_THE_TARGET = (*FAILED, Verdict.INCONCLUSIVE)
TITLE_CHARS = 160
# What differs from one play of a check to the next: names of secrets, ids, numbers.
VARYING = re.compile(r"«[^»]*»|\b\w+_[0-9a-z]{6,}(?:_\d+)?\b|\b(?=\w*\d)[0-9a-fA-F-]{8,}\b|\d+")
# How an expectation names the status of an answer that is not the last one (suite/expectations.py).
STATUS_OF = re.compile(r"\bthe status of (?:a refused )?(\w+): wanted (?:one of )?(\d{3}), got (\d{3})\b")
UNAUTHORIZED = 401  # HTTP's own (RFC 9110): the credentials are what is wrong
NAMED = 3  # operations in a title
Signature = tuple[object, ...]


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong: the requirements that fail by it, and those that it kept from being decided.

    `gain` is in points of the score of `subject`, at most; `levels` says in words what levels come nearer.
    `example` is the finding whose page shows it best.
    """

    title: str
    fails: tuple[Finding, ...]
    blocks: tuple[Finding, ...]
    gain: float
    subject: str
    levels: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.fails, *self.blocks)

    @property
    def example(self) -> Finding:
        return self.findings[0]

    @property
    def musts(self) -> int:
        return sum(finding.requirement.level == "MUST" for finding in self.findings)


@dataclass(frozen=True)
class Decided:
    """What decided a check: what is alike in all that have this cause, and words in which the operations that
    it befell take the place of `{}`, and the ending of their verb that of `{s}`. Operations of one family
    have one cause where it is seen in the same requirements.
    """

    signature: Signature
    words: str
    operation: str = ""
    family: Signature = ()


def of(report: Report) -> list[Cause]:
    """Every cause of what is red, in the order in which mending pays: by the score gained, MUSTs first."""
    decided: dict[int, Decided] = {}
    touched: dict[Signature, dict[str, Finding]] = {}
    for finding in report.red:
        for check in finding.checks:
            if check["verdict"] in AT_THE_TARGET:
                one = decided[id(check)] = _decided(check, report.log)
                touched.setdefault(one.signature, {})[finding.anchor] = finding
    _join(decided, touched)
    found = [_cause(one, list(mine.values()), decided, report) for one, mine in touched.items()]
    return sorted(found, key=lambda cause: (-cause.gain, -cause.musts, -len(cause.findings)))


def by_finding(causes: Iterable[Cause]) -> dict[str, list[Cause]]:
    """The causes of each finding, by its anchor."""
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        for finding in cause.findings:
            found.setdefault(finding.anchor, []).append(cause)
    return found


def _join(decided: dict[int, Decided], touched: dict[Signature, dict[str, Finding]]) -> None:
    """One fault of many operations (no CSRF token is asked for by any) is one cause: an operation goes to
    another of its family that is seen in every requirement in which it is seen itself, so that no two
    requirements are drawn together by it.
    """
    families = {one.signature: one.family for one in decided.values()}
    kept: dict[Signature, list[Signature]] = {}
    moved: dict[Signature, Signature] = {}
    for mine in sorted(touched, key=lambda signature: -len(touched[signature])):
        others = kept.setdefault(families[mine], [])
        wider = next((one for one in others if touched[mine].keys() <= touched[one].keys()), None)
        if wider is None or not families[mine]:
            others.append(mine)
        else:
            moved[mine] = wider
            del touched[mine]
    for check, one in decided.items():
        decided[check] = replace(one, signature=moved.get(one.signature, one.signature))


def _cause(
    signature: Signature, touched: Sequence[Finding], decided: Mapping[int, Decided], report: Report
) -> Cause:
    def mine(check: Record) -> bool:
        return id(check) in decided and decided[id(check)].signature == signature

    def passes_without(finding: Finding) -> bool:
        left = [Verdict.PASS if mine(c) else Verdict(c["verdict"]) for c in finding.checks]
        return gravest(left) is Verdict.PASS

    fails = [f for f in touched if any(mine(c) and c["verdict"] in FAILED for c in f.checks)]
    mended = [f for f in touched if not f.fitness and passes_without(f)]
    subjects = [f.requirement.subject for f in mended or touched]
    subject = max(subjects, key=subjects.count)
    return Cause(
        title=_title([one for one in decided.values() if one.signature == signature]),
        fails=tuple(fails),
        blocks=tuple(f for f in touched if f not in fails),
        gain=_gain(mended, subject, report.findings),
        subject=subject,
        levels=tuple(_levels({f.requirement.id for f in mended}, report)),
    )


def _title(alike: Sequence[Decided]) -> str:
    """The words of the first; operations that go wrong in the same way are named together."""
    operations = list(dict.fromkeys(one.operation for one in alike if one.operation))
    if len(operations) < 2:
        return alike[0].words.format(operations[0] if operations else "", s="s")
    named = ", ".join(operations[:NAMED]) + (" …" if len(operations) > NAMED else "")
    return alike[0].words.format(f"{len(operations)} operations ({named})", s="")


def _gain(mended: Iterable[Finding], subject: str, findings: Iterable[Finding]) -> float:
    def weight(some: Iterable[Finding]) -> int:
        return sum(WEIGHTS[f.requirement.level] for f in some if f.requirement.subject == subject)

    total = weight(f for f in findings if f.verdict in APPLICABLE)
    return round(100 * weight(mended) / total, 1) if total else 0.0


def _levels(mended: set[str], report: Report) -> Iterable[str]:
    for level in report.levels:
        nearer = [name for name in level.missing if name in mended]
        musts = [name for name in level.missing if not name.startswith("profile ")]
        if nearer and len(nearer) == len(level.missing):
            yield f"{level.name} would be reached"
        elif nearer and len(nearer) == len(musts):
            yield f"every MUST that {level.name} was seen to lack"
        elif nearer:
            yield f"{len(nearer)} of the {len(musts)} MUSTs that {level.name} lacks"


def _decided(check: Record, log: RunLog) -> Decided:
    exchange = _deciding(check, log)
    if exchange is not None:
        found = _by_answer(exchange, _wanted(check, log, exchange))
        if found is not None:
            return found
    failure = check.get("failure")
    words = str(check["reason"])
    if failure is not None:
        words = f"{failure['about']}: wanted {failure['wanted']}, got {failure['got']}"
    status = STATUS_OF.search(words)
    if status is not None and int(status[3]) < 400 <= int(status[2]):  # it looked back at an earlier answer
        return _otherwise(status[1], int(status[3]), [int(status[2])])
    if failure is not None and _failed(check, log)[-1:] == ["linearizable"]:
        words = f"{failure['about']}: no order of what was done explains every answer"
    return Decided(("words", _likened(words)), _literally(words))


def _by_answer(exchange: Record, wanted: Sequence[int] | None) -> Decided | None:
    """What the deciding answer says by its status, or by not being there."""
    answer, operation = exchange["answer"], plain(exchange["operation"])
    if "status" not in answer:
        error = str(answer.get("error", ""))
        return Decided(("no answer", _likened(error)), _literally(f"No HTTP answer comes: {error}"))
    status = answer["status"]
    if status >= 500 and status not in (wanted or ()):
        return Decided(("error", operation, status), f"{{}} answer{{s}} {status}", operation)
    if wanted is None or status in wanted:
        return None
    if status < 400 or not any(_is_success(one) for one in wanted):
        return _otherwise(operation, status, wanted)
    if status == UNAUTHORIZED:
        bearer = any(name.lower() == "authorization" for name, _ in exchange["request"]["headers"])
        how = "the Authorization header" if bearer else "the cookie"
        return Decided(("refused", how, status), f"Good tokens in {how} are refused with 401")
    said = body_of(answer)
    alike = _likened(json.dumps(said)) if said else operation  # told in the same words: the same reason
    return Decided(("refused", status, alike), f"Good requests of {{}} are refused with {status}", operation)


def _otherwise(operation: str, status: int, wanted: Sequence[int]) -> Decided:
    """Another answer than would have done: a good one in place of a refusal, or one of another status."""
    if status < 400:  # a refusal that would have done too is not what it was meant to be
        wanted = [one for one in wanted if _is_success(one)] or wanted
    # Who signs in is looked at in one place, what is asked in each operation's own.
    place = "any" if list(wanted) == [UNAUTHORIZED] and status < 400 else operation
    if _is_success(status) and not any(_is_success(one) for one in wanted):
        kind: Signature = ("accepted",)
        words = f"What must be refused with {_told(wanted)} is accepted by {{}}"
    else:
        does = "answer{s}" if status < 400 else "refuse{s} with"
        kind, words = (does, status), f"{{}} {does} {status} instead of {_told(wanted)}"
    family = (*kind, tuple(wanted))
    return Decided((*family, place), words, operation, family)


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def _told(statuses: Sequence[int]) -> str:
    return " or ".join(str(one) for one in statuses) if len(statuses) <= 3 else "an error"


def _failed(check: Record, log: RunLog) -> list[str]:
    """The predicates of the expectations that did not hold."""
    found = log.expectations.get(check["attempt"], ())
    return [one["predicate"] for one in found if not one["outcome"]]


def _deciding(check: Record, log: RunLog) -> Record | None:
    exchanges = log.exchanges.get(check["attempt"], ())
    return next((one for one in exchanges if one["id"] == check.get("exchange")), None)


def _wanted(check: Record, log: RunLog, exchange: Record) -> list[int] | None:
    """The statuses that would have done, where the status decided."""
    failed = [one for one in log.expectations.get(check["attempt"], ()) if not one["outcome"]]
    if not failed:
        return None
    last = failed[-1]
    arguments, status = last["arguments"], exchange["answer"].get("status")
    if last["predicate"] == "accepted":
        return [200]
    if last["predicate"] == "status_in" and last["exchange"] == exchange["id"]:
        return list(arguments["statuses"])
    if last["observed"] != status or last["predicate"] not in ("equals", "is_one_of"):
        return None
    values = arguments["values"] if last["predicate"] == "is_one_of" else [arguments["value"]]
    return values if all(isinstance(value, int) for value in values) else None


def _likened(words: str) -> str:
    return VARYING.sub("#", words)


def _literally(words: str) -> str:
    """Words of the target as a title, in which nothing is filled in."""
    words = plain(" ".join(words.split()))
    short = words if len(words) <= TITLE_CHARS else f"{words[:TITLE_CHARS]}…"
    return short.replace("{", "{{").replace("}", "}}")


def shared(causes: Iterable[Cause]) -> list[Cause]:
    """The causes that more than one red requirement has."""
    return [cause for cause in causes if len(cause.findings) > 1]

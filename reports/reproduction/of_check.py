"""A check that did not pass as a script, from the run log: or why a test file of it would prove nothing.

A run log holds what was sent and what was expected, but neither the code of the check nor when it moved the
target's clock. So a test file is made only where the expectation that decided can be asked of the deciding
answer itself, and where nothing else was needed in between.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from protocol.judge import UnknownPredicate, judge
from protocol.spec import Requirement
from reports.answers import body_of
from reports.evidence import plain
from reports.reproduction.fault import Complaint, Fault
from reports.reproduction.script import MOST, Script, at_path, sent_text
from reports.runlog import DELIVERY, Record, RunLog

PAUSE_S = 1.0  # what took longer between two requests is taken for a wait of the check
OF_STATUS = ("accepted", "status_in", "status_below")
TELLING = 6  # characters of a text, of which a shorter one may stand in an answer by chance
TELLING_NUMBER = 1_000_000
NAMED, NAME_CHARS = 3, 40  # names in a reason, and characters of each
Place = tuple[str, str, Mapping[str, Any]]  # where it stands, predicate, arguments


@dataclass(frozen=True)
class Reproduction:
    """`curl` is a shell script of the whole attempt, `test` a pytest file; either is empty where it cannot be
    made, and then `why_not` says why.
    """

    curl: str = ""
    test: str = ""
    why_not: str = ""


def of(verdict: Record, log: RunLog, requirement: Requirement) -> Reproduction:
    """How what the verdict says is seen again."""
    sent = _until(verdict, log.exchanges.get(verdict["attempt"], ()))
    if not sent:
        return Reproduction(why_not="no request of Parley's decided it")
    if any(not _whole(exchange["request"]["body"]) for exchange in sent):
        return Reproduction(why_not="the run log does not hold every body of its requests whole")
    place = _place(verdict, log, sent[-1])
    words = verdict.get("failure") or {"wanted": "another answer", "got": verdict["reason"]}
    where, predicate, arguments = place or ("answer", "", {})
    complaint = Complaint(requirement.id, where, words["wanted"], words["got"], predicate, arguments)
    check = str(verdict["check"] or requirement.id).replace("_", " ")
    sentence = " ".join(requirement.sentence.split())
    exchanges = list(_with_pauses(sent))
    target = log.header["target"]
    asked = target["cdn"] if sent[-1]["operation"] == DELIVERY and target.get("cdn") else {}
    script = Script(
        Fault(check, "parley score", complaint, sentence, exchanges), asked.get("url", target["base_url"])
    )
    if script.unknown:
        names = plain(", ".join(f"«{name[:NAME_CHARS]}»" for name in sorted(script.unknown)[:NAMED]))
        return Reproduction(why_not=f"it sends what the run log has only a name for: {names}")
    why_not = _why_not(place, sent, script, requirement, log.header["options"].get("time") == "control")
    return Reproduction(script.curl(), "" if why_not else script.test_file(), why_not)


def _until(verdict: Record, exchanges: Sequence[Record]) -> list[Record]:
    """What was sent up to the deciding exchange; what follows is tidying up."""
    deciding = verdict.get("exchange")
    found = [exchange for exchange in exchanges if deciding is not None and exchange["id"] <= deciding]
    return found if found and found[-1]["id"] == deciding else []


def _whole(body: Record) -> bool:
    size: int = body.get("bytes", 0)
    return size == len(sent_text(body).encode("utf-8", "surrogatepass"))


def _with_pauses(sent: Sequence[Record]) -> Iterator[Record]:
    ended = sent[0]["started"]
    for exchange in sent:
        gap = exchange["started"] - ended
        if gap >= PAUSE_S:
            yield {"type": "pause", "seconds": round(gap, 1)}
        yield exchange
        ended = max(ended, exchange["ended"])


def _place(verdict: Record, log: RunLog, exchange: Record) -> Place | None:
    """Where the deciding answer is wrong and what is asked of it; None where no one place shows it."""
    failed = [
        record
        for record in log.expectations.get(verdict["attempt"], ())
        if not record["outcome"] and record["exchange"] == exchange["id"]
    ]
    if not failed:
        return None
    record = failed[-1]
    predicate, arguments, observed = record["predicate"], record["arguments"], record["observed"]
    if predicate in OF_STATUS:
        return _of_status(predicate, arguments, observed)
    where = _named(str(verdict.get("failure", {}).get("about", "")), exchange["operation"])
    if where is None:
        return None
    found = _found(exchange["answer"], where)
    if predicate == "equals" and found != observed and _words(found) == _words(observed):
        predicate = "same_words"  # mail is known again by its words
    elif found != observed or not _complains(predicate, observed, arguments):
        return None
    return where, predicate, arguments


def _of_status(predicate: str, arguments: Record, observed: Record) -> Place | None:
    if predicate == "status_below":
        return "status", predicate, {"limit": arguments["limit"]}
    if predicate == "status_in":
        return "status", predicate, {"statuses": arguments["statuses"]}
    return None if observed.get("status") == 200 else ("status", "status_in", {"statuses": [200]})


def _named(about: str, operation: str) -> str | None:
    """The place that these words name, as suite/expectations.py writes them."""
    if about.endswith(f" header of {operation}"):
        return f"header {about.removeprefix('the ').removesuffix(f' header of {operation}')}"
    if about.endswith(f" of {operation}"):
        return f"body.{about.removesuffix(f' of {operation}')}"
    return None


def _found(answer: Record, where: str) -> Any:
    if where.startswith("header "):
        name = where.removeprefix("header ").lower()
        values = [value for key, value in answer.get("headers", ()) if key.lower() == name]
        return ", ".join(values) if values else None
    return at_path(body_of(answer), where.removeprefix("body."))


def _complains(predicate: str, observed: Any, arguments: Record) -> bool:
    try:
        return judge(predicate, observed, arguments) is not None
    except (UnknownPredicate, KeyError, TypeError):
        return False


def _words(text: Any) -> Any:
    return " ".join(text.split()) if isinstance(text, str) else text


def _why_not(
    place: Place | None, sent: Sequence[Record], script: Script, requirement: Requirement, moved: bool
) -> str:
    """Why a test file would prove nothing; empty where it proves something."""
    if place is None:
        return "what decided is more than one answer shows: the check compared several, or counted"
    if moved and (requirement.wait_s or requirement.control_only):
        return "the check moved the target's clock, and the run log does not say when"
    if len(sent) > MOST:
        return f"it takes {len(sent)} requests, and a test file holds {MOST}"
    sealed = [exchange for exchange in sent if "decrypted" in exchange["answer"]]
    if place[0] != "status" and sent[-1] in sealed:
        return "the deciding answer is sealed, and a test file of httpx and pytest alone cannot open it"
    taught = {id(script.records[index]) for index in script.learns}
    if any(id(exchange) in taught for exchange in sealed):
        return "it goes on with what sealed answers gave, which httpx and pytest alone cannot open"
    if _from_answers(place[2], sent, script):
        return "what was wanted is what an earlier answer gave, which differs each time"
    return ""


def _from_answers(arguments: Mapping[str, Any], sent: Sequence[Record], script: Script) -> bool:
    """Whether what was wanted stands in an earlier answer, and was neither sent by us nor has a name."""
    answers = json.dumps([exchange["answer"] for exchange in sent[:-1]], ensure_ascii=False)
    requests = json.dumps([exchange["request"] for exchange in sent], ensure_ascii=False)
    for value in _leaves(script.names.deep(dict(arguments))):
        telling = (isinstance(value, str) and len(value) >= TELLING) or (
            isinstance(value, int | float) and abs(value) >= TELLING_NUMBER
        )
        text = json.dumps(value, ensure_ascii=False).strip('"')
        if telling and text in answers and text not in requests:
            return True
    return False


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value

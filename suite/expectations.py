"""expect, given, refused_but_for: how a check says what must be so. Every expectation is recorded.

`expect` judges the requirement; `given` states a prerequisite: where it fails the verdict is
inconclusive, naming it. The predicates themselves are pure and live in protocol/judge.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from protocol import histories, validation
from protocol.client import User
from protocol.judge import judge, show
from protocol.operations import Answer, Request
from protocol.spec import Requirement, Spec
from protocol.transcript import BODY_CHARS, Redactor
from reports.runlog import Cause

Role = Literal["judge", "given", "twin"]
CLIENT_ERRORS = frozenset(range(400, 500))  # what `4xx` stands for
SHOWN_CHARS = 120  # of a body, in the words of a complaint


@dataclass(frozen=True)
class Complaint:
    """Why an expectation did not hold: what was wanted, what came, and the exchange that shows it."""

    wanted: str
    got: str
    exchange: int | None
    about: str


class CheckFailed(AssertionError):
    """The requirement does not hold."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(f"{complaint.about}: wanted {complaint.wanted}; got {complaint.got}")
        self.complaint = complaint


class Inconclusive(Exception):
    """A twin or a prerequisite failed, so nothing was decided."""

    def __init__(self, reason: str, exchange: int | None = None) -> None:
        super().__init__(reason)
        self.exchange = exchange


class NotRun(Exception):
    """The check cannot be done here, for the reason given."""

    def __init__(self, reason: str, cause: Cause = "stopped") -> None:
        super().__init__(reason)
        self.cause = cause


@dataclass
class Recorder:
    """Where the expectations of one attempt go, and what they need to know."""

    spec: Spec
    requirement: Requirement
    attempt: str
    emit: Callable[[dict[str, Any]], None]
    redactor: Redactor
    listed_users: int | None = None  # how many a static list of tokens has; they serve all checks
    judged: int = 0
    refused: set[str] = field(default_factory=set)  # operations whose refusal was judged, and was right
    accepted: set[str] = field(default_factory=set)  # operations that were seen to be accepted

    @property
    def judges_budgets(self) -> bool:
        """A 429 is then what the check is about, not a disturbance."""
        return _names_429(self.requirement.statuses) or self.requirement.profile == "ratelimit"

    @property
    def without_twin(self) -> str:
        """Why the refusals that were judged prove nothing: what refuses everything refuses the faulty request
        too. Empty where each operation that was refused was seen accepted in the same attempt.
        """
        alone = sorted(self.refused - self.accepted)
        return f"nothing but refusals was seen: {', '.join(alone)} was never accepted" if alone else ""

    def record(
        self, role: Role, predicate: str, observed: Any, arguments: dict[str, Any], exchange: int | None
    ) -> str | None:
        wanted = judge(predicate, observed, arguments)
        self.judged += role == "judge"
        shown = {"arguments": self.redactor.value(arguments), "observed": self.redactor.value(observed)}
        record = {
            "type": "expectation",
            "attempt": self.attempt,
            "role": role,
            "predicate": predicate,
            **shown,
            "exchange": exchange,
            "outcome": wanted is None,
        }
        # What was replaced or cut cannot be judged again from the log.
        altered = shown != {"arguments": arguments, "observed": observed}
        self.emit({**record, "redacted": True} if altered else record)
        return wanted


current: ContextVar[Recorder] = ContextVar("current attempt")


class Expect:
    """Expectations about one answer, or about a value found in answers. Each returns self, to be chained."""

    def __init__(
        self, subject: Any, about: str = "", role: Role = "judge", exchange: int | None = None
    ) -> None:
        self._recorder = current.get()
        self._answer = subject if isinstance(subject, Answer) else None
        self._value = subject
        self._role = role
        self._exchange = self._answer.exchange if self._answer else exchange
        self._about = about or (self._answer.operation if self._answer else "the value")

    # -- about an answer

    def accepted(self) -> Self:
        """200 with a JSON object. A 429 that nothing explains is inconclusive outside `ratelimit`."""
        answer = self._an_answer()
        self._not_limited(answer, ())
        observed = {"status": answer.status, "object": isinstance(answer.body, dict), "error": answer.error}
        self._check("accepted", observed, {}, got=_came(answer, self._recorder.redactor))
        self._recorder.accepted.add(answer.operation)
        return self

    def refused(self, *statuses: int) -> Self:
        """One of these statuses; without any, those that the requirement's expected outcome names."""
        answer = self._an_answer()
        origin = {} if statuses else {"from": "requirement"}
        wanted = statuses or self._recorder.requirement.statuses
        if not wanted:
            raise ValueError(f"{self._recorder.requirement.id} names no statuses: give refused() some")
        self._not_limited(answer, wanted)
        observed = {"status": answer.status, "error": answer.error}
        self._check(
            "status_in",
            observed,
            {"statuses": list(wanted), **origin},
            got=_came(answer, self._recorder.redactor),
        )
        if answer.ok:  # where a requirement allows either, this one was accepted
            self._recorder.accepted.add(answer.operation)
        elif self._role == "judge" and (answer.status or 0) >= 400:
            self._recorder.refused.add(answer.operation)
        return self

    def answered(self, *statuses: int) -> Self:
        """One of these statuses; what is in the answer is another matter."""
        answer = self._an_answer()
        observed = {"status": answer.status, "error": answer.error}
        arguments = {"statuses": list(statuses)}
        return self._check("status_in", observed, arguments, got=_came(answer, self._recorder.redactor))

    def answered_below(self, limit: int) -> Self:
        """Some HTTP answer with a status below `limit`, e.g. 500."""
        answer = self._an_answer()
        observed = {"status": answer.status, "error": answer.error}
        return self._check(
            "status_below", observed, {"limit": limit}, got=_came(answer, self._recorder.redactor)
        )

    def valid(self) -> Self:
        """The body is valid for the operation's success schema."""
        answer = self._an_answer()
        validator = validation.response_validator(self._recorder.spec, answer.operation)
        name = f"response {answer.operation}"
        return self._valid(f"the {answer.operation} answer", name, validator.problems(answer.body))

    def error_shaped(self) -> Self:
        """The body has one of the two error shapes."""
        answer = self._an_answer()
        problems = validation.error_validator(self._recorder.spec).problems(answer.body)
        return self._valid("an error", "error", problems)

    def has(self, path: str, value: Any) -> Self:
        """The body's value at the dotted path is this one."""
        self.at(path).equals(value)
        return self

    def at(self, path: str) -> Expect:
        """Expectations about the body's value at a dotted path (null where there is none)."""
        answer = self._an_answer()
        return self._child(answer.at(path), f"{path} of {answer.operation}")

    def header(self, name: str) -> Expect:
        """Expectations about a header's value (null where there is none)."""
        answer = self._an_answer()
        return self._child(answer.header(name), f"the {name} header of {answer.operation}")

    def offer_is(self, offer: str) -> Self:
        return self.mail_is("offer", offer)

    def answer_is(self, answer: str) -> Self:
        return self.mail_is("answer", answer)

    def mail_is(self, field: str, text: str) -> Self:
        """The mail is this one, known again by its words."""
        found = words(self._an_answer().at(field))
        self._child(found, f"{field} of {self._about}").equals(words(text))
        return self

    # -- about a value

    def equals(self, value: Any) -> Self:
        return self._check("equals", self._value, {"value": value})

    def differs(self, value: Any) -> Self:
        return self._check("differs", self._value, {"value": value})

    def is_one_of(self, values: Iterable[Any]) -> Self:
        return self._check("is_one_of", self._value, {"values": list(values)})

    def is_none_of(self, values: Iterable[Any]) -> Self:
        return self._check("is_none_of", self._value, {"values": list(values)})

    def contains(self, item: Any) -> Self:
        return self._check("contains", self._value, {"item": item})

    def lacks(self, item: Any) -> Self:
        return self._check("lacks", self._value, {"item": item})

    def matches(self, pattern: str) -> Self:
        return self._check("matches", self._value, {"pattern": pattern})

    def between(self, low: float | None, high: float | None) -> Self:
        return self._check("between", self._value, {"low": low, "high": high})

    def at_least(self, low: float) -> Self:
        return self.between(low, None)

    def at_most(self, high: float) -> Self:
        return self.between(None, high)

    def is_empty(self, wanted: str = "nothing") -> Self:
        return self._check("is_empty", self._value, {"wanted": wanted})

    def all_different(self) -> Self:
        return self._check("all_different", self._value, {})

    def linearizable(self, model: str, **initial: Any) -> Self:
        """A history (protocol/histories.py) that the model explains from its initial state; inconclusive
        where that cannot be found out within bounds.
        """
        arguments = {"model": model, "initial": initial}
        found = histories.look(self._value, arguments)
        if found.answer == "undecided":
            Expect(self._value, self._about, "given")._check("decided", self._value, arguments)
        self._exchange = self._exchange or found.exchange
        return self._check("linearizable", self._value, arguments, got=found.got)

    # -- inside

    def _an_answer(self) -> Answer:
        if self._answer is None:
            raise TypeError(f"{self._about} is not an answer: this expectation needs one")
        return self._answer

    def _child(self, value: Any, about: str) -> Expect:
        return Expect(value, about, self._role, self._exchange)

    def _valid(self, schema: str, validator: str, problems: Iterable[validation.Problem]) -> Self:
        """`validator` names it for who judges the log again (reports/rejudge.py)."""
        found = validation.told(problems)
        arguments = {"schema": schema, "validator": validator}
        return self._check("without_problems", {"problems": found}, arguments, got="; ".join(found))

    def _not_limited(self, answer: Answer, statuses: Iterable[int]) -> None:
        requirement, listed = self._recorder.requirement, self._recorder.listed_users
        if answer.status == 429 and not _names_429(statuses) and not self._recorder.judges_budgets:
            if listed is not None:
                raise NotRun(
                    f"{answer.operation} was refused with 429: the {listed} users of tokens.list have spent "
                    "their budget in other checks",
                    "tokens",
                )
            raise Inconclusive(
                f"{answer.operation} was refused with 429 within the budget that {requirement.id} needs; "
                "if the target limits by address, name its header in the target file (address_header)",
                answer.exchange,
            )

    def _check(
        self, predicate: str, observed: Any, arguments: dict[str, Any], got: str | None = None
    ) -> Self:
        wanted = self._recorder.record(self._role, predicate, observed, arguments, self._exchange)
        if wanted is not None:
            # Redacted before it is shortened: half a secret is not known for one.
            seen = show(self._recorder.redactor.value(observed)) if got is None else got
            self._complain(Complaint(wanted, seen, self._exchange, self._about))
        return self

    def _complain(self, complaint: Complaint) -> None:
        if self._role == "judge":
            raise CheckFailed(complaint)
        word = "the twin (the same request without the fault)" if self._role == "twin" else "a prerequisite"
        raise Inconclusive(
            f"{word} failed: {complaint.about}: wanted {complaint.wanted}, got {complaint.got}",
            complaint.exchange,
        )


def expect(subject: Any, about: str = "", of: Answer | None = None) -> Expect:
    """What the requirement demands of an answer, or of a value: then `about` says what it is, and `of` may be
    the answer whose header or body it is.
    """
    return Expect(subject, about, exchange=of.exchange if of is not None else None)


def given(answer: Answer) -> Answer:
    """A step that must work before anything can be judged: accepted, or the verdict is inconclusive."""
    Expect(answer, role="given").accepted()
    return answer


def given_that(subject: Any, about: str) -> Expect:
    """Like expect, for a prerequisite: where it does not hold the verdict is inconclusive."""
    return Expect(subject, about, role="given")


def twin(answer: Answer) -> Answer:
    """The request without the fault: it must be accepted, or the refusal before it proves nothing."""
    Expect(answer, role="twin").accepted()
    return answer


async def refused_but_for(
    user: User, request: Request, fault: Callable[[Request], Request], *statuses: int
) -> Answer:
    """Sends the request with one fault: it must be refused (by default as the requirement says). Then sends
    it as it was: it must be accepted, or the verdict is inconclusive. Returns the refusal.
    """
    refusal = await user.send(fault(request))
    expect(refusal).refused(*statuses)
    twin(await user.send(request))
    return refusal


def words(text: Any) -> Any:
    """A text by its words. Mail is known again by them: whether every byte of it is kept is MBOX-1's matter,
    and a server that writes line endings of its own breaks nothing else.
    """
    return " ".join(text.split()) if isinstance(text, str) else text


def _names_429(statuses: Iterable[int]) -> bool:
    """Whether 429 is one of these for its own sake. Where any 4xx will do it is not: it would be taken for
    the refusal of what was not even looked at.
    """
    found = frozenset(statuses)
    return 429 in found and not found.issuperset(CLIENT_ERRORS)


def _came(answer: Answer, redactor: Redactor) -> str:
    """An answer in a few words: its status and how its body starts, or why there was none."""
    if answer.error is not None:
        return f"no valid answer ({answer.error})"
    if answer.envelope is not None and answer.body is None:
        return f"{answer.status} with an envelope that this user's token does not open"
    if isinstance(answer.body, dict) and len(answer.raw) <= BODY_CHARS:
        body = json.dumps(redactor.value(answer.body), ensure_ascii=False)
    else:
        body = redactor.shortened(answer.raw)
    return f"{answer.status} {body[:SHOWN_CHARS]}".strip() + ("…" if len(body) > SHOWN_CHARS else "")

"""What holds for every answer, whoever asked whatever. It knows no state: that is the methods' part.

Each rule is the requirement's own (the observers of conformance/checks, the validators, the headers); here
they become complaints. Only what the target claims is asked of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from conformance import registry
from conformance.checks.errors import bounded, first_hit
from conformance.checks.privacy import ADDRESSED, URL_HOST, personal_patterns, strings_but
from conformance.explore.of_status import got, of_status
from conformance.explore.oracle import envelope, headers, ice
from conformance.registry import Sight
from protocol import validation
from protocol.client import User
from protocol.operations import Answer, Request
from protocol.spec import Spec
from protocol.target import Target
from protocol.whose import SHAPES
from reports.reproduction.fault import Complaint

Rule = Callable[["Oracle", User, Request, Answer], Iterable[Complaint]]


class Oracle:
    """Judges answers one by one. It remembers only which envelopes and credentials it has seen."""

    def __init__(self, spec: Spec, target: Target, now: Callable[[], float] = time.time) -> None:
        """`now` is the target's time, in seconds since the epoch."""
        registry.load_checks()
        self.spec = spec
        self.target = target
        self.now = now
        self.holders = ice.Holders()
        self.fresh = envelope.Fresh()
        holds = target.conditions()
        self._asked = {
            one.id
            for one in spec.requirements.values()
            if one.profile in target.profiles and (one.when is None or one.when in holds)
        }

    def asks(self, complaint: Complaint) -> bool:
        """Whether the target claims what this complaint is about."""
        return complaint.requirement is None or complaint.requirement in self._asked

    def judge(
        self, user: User, request: Request, answer: Answer, stray: str | None = None
    ) -> list[Complaint]:
        """What is wrong with the answer by itself; `stray` is what it tells that is not for this user."""
        if answer.status is None:
            return list(silence(self, user, request, answer))
        found = [complaint for rule in RULES for complaint in rule(self, user, request, answer)]
        if stray is not None:
            wanted = "nothing in it that another user sent outside a common room"
            found.append(Complaint("PRIV-7", "answer", wanted, stray))
        return [complaint for complaint in found if self.asks(complaint)]

    def expecting(
        self, answer: Answer, statuses: Iterable[int], requirement: str | None, why: str = ""
    ) -> Complaint | None:
        """A complaint where the status is none of these. `why` says what asks for them."""
        statuses = frozenset(statuses)
        return None if answer.status in statuses else of_status(answer, statuses, requirement, why)


def silence(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """No HTTP answer at all. A body beyond the limit may be refused by closing the connection."""
    if len(request.body or b"") < oracle.spec.policy["limits"]["body_bytes"]:
        yield Complaint(None, "answer", f"an HTTP answer to {answer.operation}", answer.error or "none")


def server_error(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    assert answer.status is not None, "of an answer that came"
    if answer.status >= 500 and not (answer.status == 503 and answer.operation == "health"):
        yield Complaint("ERR-3", "status", "a status below 500", got(answer), "status_below", {"limit": 500})


def refusal_shape(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """By the observers of errors (ERR-4, ERR-5). A HEAD has no body to look at."""
    if request.method == "HEAD":
        return
    sight = Sight(oracle.spec, answer, "an attack")
    for observer in registry.OBSERVERS:
        if observer.requirement in ("ERR-4", "ERR-5") and observer.exercised(answer):
            complaint = observer.function(sight)
            if complaint is not None:
                sentence = oracle.spec.requirement(observer.requirement).sentence
                yield Complaint(observer.requirement, "body", sentence, complaint)


def success_shape(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    operation = oracle.spec.operations.get(answer.operation)
    if operation is None or answer.status != 200 or request.method != operation.method:
        return
    if answer.envelope is not None and answer.body is None:
        return  # it does not open: the envelope's matter
    problems = validation.response_validator(oracle.spec, operation.id).problems(answer.body)
    if problems:
        told = "; ".join(validation.told(problems)[:2])
        wanted = f"a body valid for {operation.id} (openapi.yaml)"
        whose = SHAPES.get(operation.id) if answer.envelope is None else "ENC-2"
        yield Complaint(whose, "body", wanted, f"200 {told}")


def personal(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """PRIV-3. What the request itself holds may be quoted back to its sender."""
    sent = f"{request.path} {(request.body or b'').decode('utf-8', 'replace')}"
    for text in bounded(strings_but(answer.body, ADDRESSED)):
        hit = first_hit(personal_patterns(oracle.spec), URL_HOST.sub("", text))
        if hit is not None and hit[1] not in sent:
            wanted = "neither an e-mail address nor a client's IP address"
            yield Complaint("PRIV-3", "answer", wanted, f"an {hit[0]}: {hit[1][:80]!r}")
            return


RULES: tuple[Rule, ...] = (
    server_error,
    refusal_shape,
    success_shape,
    personal,
    headers.content,
    headers.security,
    headers.origins,
    headers.rate_limited,
    headers.preflight,
    ice.servers,
    envelope.sealed,
    envelope.plain,
)

"""The envelope of answers to a bearer, and that all others are plain (ENC-1 to ENC-6)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from protocol import envelope, validation
from protocol.client import User
from protocol.operations import Answer, Request
from reports.reproduction.fault import Complaint

if TYPE_CHECKING:
    from conformance.explore.oracle.oracle import Oracle

KEPT = 20_000  # values that are remembered


@dataclass
class Fresh:
    """Which salts and ivs came before."""

    seen: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def again(self, value: Any) -> bool:
        """Whether it came before; from now on it has."""
        key = str(value)
        known = key in self.seen
        self.seen[key] = None
        if len(self.seen) > KEPT:
            self.seen.popitem(last=False)
        return known


def sealed(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    """A success for a bearer whose token was accepted. `health` answers anybody: it tells nothing of that."""
    spec = oracle.spec
    operation = spec.operations.get(answer.operation)
    if operation is None or answer.status != 200 or answer.operation == "health" or not _by_bearer(request):
        return
    if not oracle.target.encrypted.get("bearer") or request.method != operation.method:
        return
    if operation.tag in spec.policy["envelope"]["plain_tags"]:
        return
    name = spec.policy["envelope"]["header"]
    if (answer.header(name) or "").lower() != "true":
        told = answer.header(name) or "none"
        yield Complaint(
            "ENC-1", f"header {name}", "true on an answer to a bearer", told, "matches", {"pattern": "^true$"}
        )
        return
    shape = answer.envelope if answer.envelope is not None else answer.body
    problems = validation.component_validator(spec, "Envelope").problems(shape)
    if problems:
        yield Complaint("ENC-1", "body", "an envelope", validation.told(problems)[0])
        return
    assert isinstance(shape, dict), "of a valid shape"
    for part in ("salt", "iv"):
        if oracle.fresh.again(f"{part} {shape[part]}"):
            yield Complaint("ENC-3", f"body.{part}", "one that never came before", f"{shape[part]} again")
    if request.header("Authorization") != f"Bearer {user.token}":
        return  # signed in by another token than the user's own: the client could not open it
    if shape["tokenHash"] != envelope.token_hash(user.token):
        yield Complaint("ENC-4", "body.tokenHash", "the SHA-256 of the token", str(shape["tokenHash"]))
    elif answer.body is None:
        yield Complaint("ENC-2", "body.data", "what the token decrypts to JSON", "what it does not")


def plain(oracle: Oracle, user: User, request: Request, answer: Answer) -> Iterator[Complaint]:
    name = oracle.spec.policy["envelope"]["header"]
    told = (answer.header(name) or "").lower()
    if answer.status is not None and answer.status >= 400 and told == "true":
        yield Complaint(
            "ENC-5", f"header {name}", "anything but true on an error", told, "differs", {"value": "true"}
        )
    by_cookie = user.delivery == "cookie" and not _by_bearer(request)
    read = answer.status == 200 and request.method != "HEAD" and isinstance(answer.body, dict)
    if read and by_cookie and answer.operation != "health" and told != "false":
        wanted = {"pattern": "^false$"}
        yield Complaint(
            "ENC-6", f"header {name}", "false on an answer to a cookie", told or "none", "matches", wanted
        )


def _by_bearer(request: Request) -> bool:
    return (request.header("Authorization") or "").lower().startswith("bearer ")

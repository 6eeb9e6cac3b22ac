"""Sends a user's requests, judges each answer by itself, and fires Locust's event of it with its Sample.

What it takes for granted is the protocol: status, shape, errors. What an answer means for a room is the
roles' matter: they hand over a `check`. A sealed answer is judged by its envelope only: opening one costs
more than a hundred requests.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from load.connection import Connection, Endpoint, NoAnswer, no_answer
from load.sample import Kind, Sample
from protocol import validation
from protocol.mint import Minted
from protocol.operations import Header, Operations, Request, decode
from protocol.spec import Operation, Spec
from protocol.target import Target
from protocol.validation import Validator
from protocol.whose import BUDGETS, SHAPES

OK = frozenset({200})
OR_NONE = frozenset({200, 404})  # mail that may not be there yet
# May be asked for once more where a kept connection turns out to be closed: they neither take nor write.
REPEATABLE = frozenset({"listRooms", "listPartyRooms", "getCandidates", "getIceServers", "health"})
FAULT_CHARS = 300


class Fault(Exception):
    """What was wrong with a request: what Locust shows as its error."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with an answer, and the MUST that it breaks where it breaks one."""

    words: str
    requirement: str = ""


class Reply:
    """An answer; `status` is None where none came. `fault` is what was wrong with it, "" where nothing."""

    __slots__ = ("body", "ended", "fault", "headers", "operation", "raw", "started", "status")

    def __init__(self, operation: str, started: float) -> None:
        self.operation = operation
        self.started = started
        self.ended = started
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.raw = b""
        self.body: Any = None
        self.fault = ""

    @property
    def good(self) -> bool:
        """200, and nothing wrong: the body is what the operation's schema says."""
        return self.status == 200 and not self.fault

    @property
    def room(self) -> dict[str, Any]:
        """The room of a good answer; {} where there is none."""
        found = self.body.get("room") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def rooms(self) -> list[dict[str, Any]]:
        """The rooms of a good listing."""
        found = self.body.get("rooms") if isinstance(self.body, dict) else None
        return found if isinstance(found, list) else []

    def header(self, name: bytes) -> bytes | None:
        """By its name in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


Check = Callable[[Reply], Wrong | None]


class Outlet:
    """What all users of a process share: the target, its validators, and whom each request is told.

    `fire` is that of Locust's `events.request`.
    """

    def __init__(self, spec: Spec, target: Target, version: str, fire: Callable[..., None]) -> None:
        self.spec = spec
        self.target = target
        self.operations = Operations(spec, target.paths)
        self.endpoint = Endpoint.of(target.base_url, target.timeouts.connect_s, target.timeouts.request_s)
        self.fire = fire
        self.delivery = target.plain_delivery
        self.sealed = target.encrypted[self.delivery]
        host = target.base_url.split("://", 1)[1].split("/", 1)
        self.prefix = f"/{host[1]}" if len(host) > 1 else ""
        self._head = (
            f" HTTP/1.1\r\nHost: {host[0]}\r\nUser-Agent: parley/{version}\r\nAccept: application/json\r\n"
        )
        self._valid: dict[str, Validator] = {}
        self._errors = validation.error_validator(spec)
        self._envelope = validation.component_validator(spec, "Envelope")
        self._marker = spec.policy["envelope"]["header"].lower().encode()
        self._epoch = time.time() - time.perf_counter()

    def head(self, person: Minted, address: Header | None, *, writes: bool) -> bytes:
        """The part of a request's head that is the same for all of this person's."""
        names = self.spec.policy["names"]
        lines = [self._head]
        if self.delivery == "bearer":
            lines.append(f"Authorization: Bearer {person.token}\r\n")
        else:
            lines.append(f"Cookie: {names['token_cookie']}={person.token}\r\n")
            if writes and person.csrf is not None:
                lines.append(f"{names['csrf_header']}: {person.csrf}\r\n")
        if address is not None:
            lines.append(f"{address[0]}: {address[1]}\r\n")
        return "".join(lines).encode("latin-1")

    def kind(self, operation: Operation) -> Kind:
        return "write" if operation.writes else "read"

    def judge(self, reply: Reply, accepts: frozenset[int], whose: str) -> Wrong | None:
        """What is wrong with an answer that came; decodes its body on the way. `whose` is the requirement
        that a status breaks which is none of `accepts`, where it is no one else's.
        """
        status, raw = reply.status, reply.raw
        assert status is not None
        sealed = status == 200 and (reply.header(self._marker) or b"").lower() == b"true"
        body = decode(raw)
        if status not in accepts:
            return self._refused(reply.operation, status, whose)
        if status != 200:
            if self._errors.ok_read(body, raw):
                return None
            return Wrong(f"{status} without either of the two error shapes", "ERR-4")
        if sealed:
            if not self._envelope.ok_read(body, raw):
                return Wrong("200 in no valid envelope", "ENC-1")
            # Where an answer may be sealed, there is nothing in it for a check.
            claimed = self.delivery != "bearer" and "encryption" in self.target.profiles
            words = f"200 in an envelope: the target file says that answers to a {self.delivery} are plain"
            return None if self.sealed else Wrong(words, "ENC-6" if claimed else "")
        reply.body = body
        if body is None:
            return Wrong("200 with a body that is no JSON", SHAPES.get(reply.operation, ""))
        validator = self._valid.get(reply.operation)
        if validator is None:
            validator = validation.response_validator(self.spec, reply.operation)
            self._valid[reply.operation] = validator
        if validator.ok_read(body, raw):
            return None
        problem = validator.problems(body)[0]
        where = re.sub(r"\[\d+\]", "[]", problem.path) or "the body"
        return Wrong(f"200, but {where} {problem.message}"[:FAULT_CHARS], SHAPES.get(reply.operation, ""))

    def _refused(self, operation: str, status: int, whose: str) -> Wrong:
        if status == 429:
            return Wrong("429 although the budget allows it", BUDGETS.get(operation, ""))
        if status >= 500:
            # A health that is not well may say so.
            unwell = status == 503 and operation == "health"
            return Wrong(f"{status}", "" if unwell else "ERR-3")
        if status == 401:
            return Wrong(
                "401 although the token is good", "AUTH-9" if self.delivery == "bearer" else "AUTH-10"
            )
        return Wrong(f"{status} where 200 was due", whose)

    def tell(self, request: Request, sample: Sample, reply: Reply) -> None:
        """Fires the event: to Locust's own statistics, our recorder, and whoever listens."""
        self.fire(
            request_type=request.method,
            name=sample.operation,
            response_time=(sample.ended - sample.started) * 1000,
            response_length=len(reply.raw),
            exception=Fault(sample.fault) if sample.fault else None,
            context={"sample": sample},
            response=reply,
            start_time=self._epoch + sample.started,
            url=request.path,
        )


class Client:
    """One user's way to the target: a connection, and whose credentials go along."""

    def __init__(self, outlet: Outlet) -> None:
        self.outlet = outlet
        self._connection = Connection(outlet.endpoint)
        self._read_head = self._write_head = b""

    def sign_in(self, person: Minted, address: Header | None = None) -> None:
        """From now on it is this person who asks; `address` is the header that states where from."""
        self._read_head = self.outlet.head(person, address, writes=False)
        self._write_head = self.outlet.head(person, address, writes=True)

    def close(self) -> None:
        self._connection.close()

    def request(
        self,
        name: str,
        *,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> Request:
        return self.outlet.operations.request(name, params=params, query=query, fields=fields)

    def send(
        self,
        request: Request,
        intended: float,
        *,
        every: float = 0.0,
        accepts: frozenset[int] = OK,
        whose: str = "",
        check: Check | None = None,
    ) -> Reply:
        """Sends it and fires its event; never raises for what the target does. Where the user is stopped
        meanwhile, the event tells how long there was no answer: it is slow at least so far, and wrong only
        where it was overdue.

        `intended` and `every` are as Sample has them. `check` judges a good answer (or an accepted refusal)
        further, in the moment in which it comes.
        """
        outlet = self.outlet
        operation = outlet.spec.operations[request.operation]
        data = self._bytes(request, operation)
        started = time.perf_counter()
        reply = Reply(request.operation, started)
        wrong: Wrong | None = None
        try:
            reply.raw = self._exchange(data, request.operation)
            reply.ended = time.perf_counter()
            reply.status = self._connection.status
            reply.headers = self._connection.headers
            wrong = outlet.judge(reply, accepts, whose)
            if wrong is None and check is not None and not (reply.status == 200 and reply.body is None):
                wrong = check(reply)
        except NoAnswer as error:
            reply.ended = time.perf_counter()
            wrong = Wrong(str(error))
        finally:
            if reply.status is None and wrong is None:  # the user is being stopped
                reply.ended = time.perf_counter()
                patience = outlet.endpoint.request_s
                wrong = Wrong(no_answer(patience)) if reply.ended - started > patience else None
            reply.fault, requirement = (wrong.words, wrong.requirement) if wrong is not None else ("", "")
            times = (intended, started, reply.ended, every)
            kind = outlet.kind(operation)
            sample = Sample(request.operation, kind, *times, reply.status, reply.fault, requirement)
            outlet.tell(request, sample, reply)
        return reply

    def _exchange(self, data: bytes, operation: str) -> bytes:
        try:
            return self._connection.exchange(data)
        except NoAnswer as error:
            if not error.again or operation not in REPEATABLE:
                raise
        return self._connection.exchange(data)

    def _bytes(self, request: Request, operation: Operation) -> bytes:
        line = f"{request.method} {self.outlet.prefix}{request.path}".encode("latin-1")
        head = self._write_head if operation.writes else self._read_head
        if request.body is None:
            return b"%b%b\r\n" % (line, head)
        own = "".join(f"{name}: {value}\r\n" for name, value in request.headers).encode("latin-1")
        return b"%b%b%bContent-Length: %d\r\n\r\n%b" % (line, head, own, len(request.body), request.body)

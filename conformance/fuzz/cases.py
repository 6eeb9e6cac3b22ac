"""Cases of Schemathesis over the spec, as trials: examples, coverage, fuzzing, chains of links.

It sends nothing. What Schemathesis makes is kept, and its checks of answers by the document. Whether a case
had to be accepted or refused is decided elsewhere (expecting.py), by the spec and the state that it meets.
"""

from __future__ import annotations

import copy
import random
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import Case, GenerationMode, Response
from schemathesis.core import NotSet
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.generation.stateful import run_state_machine_as_test
from schemathesis.specs.openapi import checks

from conformance.fuzz.expecting import OWN_IDS
from conformance.fuzz.trials import (
    ANOTHER,
    CREATOR,
    GONE,
    ME,
    OTHER_ROOM,
    OUTSIDER,
    PARTICIPANT,
    PARTY,
    ROOM,
    Trial,
    of_bytes,
    weave,
)
from protocol.operations import Answer, Request, encode
from protocol.spec import METHODS, Spec
from protocol.validation import Validator
from reports.reproduction.fault import Complaint

BATCH = 8
SIGN = "${"  # begins our words for what is alive
STEPS = 8  # of a chain of links
ROOM_FIELDS = ("roomId", "parentRoomId")
WRONG_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_PARAMETER = re.compile(r"{(\w+)}")
TOKEN = re.compile(r"[A-Za-z0-9-]+")
# What a header means by itself is no matter of these cases.
KEPT_OUT = re.compile(
    r"(?i)authorization|cookie|origin|content-.*|host|transfer-encoding|connection|upgrade|expect|te|trailer|keep-alive"
    r"|accept.*|if-.*|proxy-.*|x-parley-.*|x-csrf-.*|x-forwarded-.*|x-real-ip|cf-.*|forwarded|.*method.*"
)
QUIET: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}
SCHEMA_OF = {
    "createRoom": "ROOM-1",
    "createPartyRoom": "PARTY-1",
    "getOffer": "MBOX-1",
    "health": "HEALTH-1",
    "getIceServers": "ICE-1",
}
HEADERS_OF = {"getOffer": "HDR-4", "getAnswer": "HDR-4"}
CHECKS = (
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
)


class Cases:
    """Makes trials of the given operations. What is made follows from the seeds."""

    def __init__(self, spec: Spec, operations: list[str], bearer_share: float) -> None:
        self.spec = spec
        self.operations = operations
        self._bearer_share = bearer_share
        self._machine: Any = None  # made at the first chain
        document = _only(spec, operations)
        self._ids = {
            (path, method): item[method]["operationId"]
            for path, item in document["paths"].items()
            for method in METHODS
            if method in item
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.schema = schemathesis.openapi.from_dict(document, config=schemathesis.Config())
        self._room = Validator(spec.operation("getOffer").path_params["roomId"])
        fields = (spec.operation("createRoom").request_schema or {})["properties"]
        self._user = Validator(fields["broadcasterId"])
        self._known = {self.id_of(operation): operation for operation in self._operations()}

    def examples(self, chance: random.Random) -> list[Trial]:
        found: list[Trial] = []
        for operation in self._known.values():
            made = ExamplesGenerator(
                operation=operation, override=_nothing(), feedback=NO_FEEDBACK, fill_missing=True
            )
            found += [trial for case in _quietly(made) if (trial := self.trial(case, chance, "example"))]
        return found

    def coverage(self, chance: random.Random) -> list[Trial]:
        """Each kind of edge in turn, so that the rare ones are not long in coming."""
        kinds: dict[str, list[Trial]] = {}
        for operation in self._known.values():
            made = CoverageGenerator(
                operation=operation,
                generation_modes=list(GenerationMode),
                generation_config=self.schema.config.generation_for(operation=operation, phase="coverage"),
                auth_storage=None,
                override=_nothing(),
                feedback=NO_FEEDBACK,
            )
            for case in _quietly(made):
                trial = self.trial(case, chance, "coverage")
                if trial is not None:
                    kinds.setdefault(_kind(case), []).append(trial)
        for trials in kinds.values():
            chance.shuffle(trials)
        return list(weave(kinds.values()))

    def fuzzing(self, operation: str, seed: int, *, negative: bool, chance: random.Random) -> list[Trial]:
        """A batch of generated cases of one operation."""
        mode = GenerationMode.NEGATIVE if negative else GenerationMode.POSITIVE
        found: list[Case[Any]] = []

        @hypothesis.seed(seed)
        @hypothesis.settings(max_examples=BATCH, **QUIET)
        @hypothesis.given(case=self._known[operation].as_strategy(generation_mode=mode))
        def collect(case: Case[Any]) -> None:
            found.append(case)

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                collect()
        except (hypothesis.errors.HypothesisException, schemathesis.errors.SchemathesisError):
            pass  # nothing (more) can be made: a GET without parameters cannot be negative
        label = "invalid" if negative else "valid"
        return [trial for case in found if (trial := self.trial(case, chance, label))]

    def chain(
        self, seed: int, chance: random.Random, send: Callable[[Trial], tuple[Request, Answer] | None]
    ) -> None:
        """One chain of operations that the spec's links join; `send` is called for each, from this thread."""
        cases = self

        if self._machine is None:
            self._machine = self.schema.as_state_machine()

        class Machine(self._machine):  # type: ignore[misc, name-defined]
            def call(self, case: Case[Any], **kwargs: Any) -> Response:
                trial = cases.trial(case, chance, "chain")
                sent = send(trial) if trial is not None else None
                return response_of(*sent) if sent is not None else _nothing_came()

            def validate_response(self, *arguments: Any, **kwargs: Any) -> None:
                pass

        settings = hypothesis.settings(max_examples=1, stateful_step_count=STEPS, **QUIET)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                run_state_machine_as_test(hypothesis.seed(seed)(Machine), settings=settings)
        except (hypothesis.errors.HypothesisException, schemathesis.errors.SchemathesisError, FailureGroup):
            pass

    def known(self, operation: str) -> Any:
        return self._known[operation]

    def id_of(self, operation: Any) -> str:
        return str(self._ids[operation.path, operation.method.lower()])

    def trial(self, case: Case[Any], chance: random.Random, label: str) -> Trial | None:
        """The case as a trial: what is valid in it is made alive. None for no matter of the protocol."""
        name = self.id_of(case.operation)
        operation = self.spec.operation(name)
        method = "" if case.method == operation.method else case.method
        if method and method not in WRONG_METHODS:
            return None
        params = {key: str(value) for key, value in case.path_parameters.items()}
        if any(value.strip() in ("", ".", "..") or not value.isprintable() for value in params.values()):
            return None  # clients make another path of it
        headers = _headers(case.headers, label)
        if headers is None or SIGN in f"{case.body!r}{params}{case.query}":
            return None  # Hypothesis takes words from our own code, too
        body, raw = self._body(case.body, name, chance)
        actor = chance.choices((CREATOR, PARTICIPANT, OUTSIDER), (4, 5, 1))[0]
        return Trial(
            name,
            f"{label} case" if not method else "wrong method",
            CREATOR if name == "inviteToPartyRoom" and actor == PARTICIPANT else actor,
            "bearer" if chance.random() < self._bearer_share else "",
            {key: self._alive(key, value, name, chance) for key, value in params.items()},
            {key: value for key, value in case.query.items() if isinstance(value, str) and _sendable(value)},
            body,
            raw,
            headers,
            method,
        )

    # -- inside

    def _operations(self) -> Iterator[Any]:
        for result in self.schema.get_all_operations():
            operation = result.ok() if hasattr(result, "ok") else None
            if operation is not None and self.id_of(operation) in self.operations:
                yield operation

    def _body(self, value: Any, operation: str, chance: random.Random) -> tuple[Any, str | None]:
        if isinstance(value, NotSet):
            return None, None
        if isinstance(value, bytes):
            return None, of_bytes(value)
        if not isinstance(value, dict):
            try:
                return None, of_bytes(encode(value))
            except (TypeError, ValueError, RecursionError):
                return None, None
        return {key: self._alive(key, item, operation, chance) for key, item in value.items()}, None

    def _alive(self, name: str, value: Any, operation: str, chance: random.Random) -> Any:
        """A valid id of a room becomes one that is there, mostly; one that must be the user's own, that."""
        if not isinstance(value, str):
            return value
        if name in ROOM_FIELDS and self._room.ok(value):
            if operation == "inviteToPartyRoom":
                return chance.choices((PARTY, ROOM, GONE), (8, 1, 1))[0]
            reads_any = operation == "listPartyRooms"
            weights = (4, 2, 3, 3) if reads_any else (12, 4, 1, 1)
            return chance.choices((ROOM, OTHER_ROOM, GONE, value), weights)[0]
        if name in OWN_IDS and self._user.ok(value):
            return chance.choices((ME, ANOTHER, value), (12, 1, 1))[0]
        return value


def _only(spec: Spec, operations: list[str]) -> dict[str, Any]:
    """The spec's document with these operations only, and links among them."""
    document = copy.deepcopy(spec.openapi)
    document["paths"] = {
        path: item
        for path, item in document["paths"].items()
        if any(method in item and item[method]["operationId"] in operations for method in METHODS)
    }
    for item in document["paths"].values():
        for method in METHODS:
            for response in item.get(method, {}).get("responses", {}).values():
                if "links" in response:
                    links = response["links"].items()
                    response["links"] = {k: v for k, v in links if v["operationId"] in operations}
    return document


def complaint_of(schema_operation: Any, operation: str, request: Request, answer: Answer) -> Complaint | None:
    """What the checks of Schemathesis say of an answer to an operation of its schema."""
    if answer.status is None:
        return None
    case = schema_operation.Case(
        path_parameters=dict.fromkeys(_PARAMETER.findall(schema_operation.path), "-")
    )
    response = response_of(request, answer)
    for check in CHECKS:
        try:
            case.validate_response(response, checks=[check])
        except FailureGroup as group:
            failure = next((one for one in group.exceptions if isinstance(one, Failure)), None)
            if failure is not None:
                return _complaint(check.__name__, failure, operation, answer)
    return None


def response_of(request: Request, answer: Answer) -> Response:
    """An answer as Schemathesis reads it; what came in an envelope is opened."""
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url = request.method, f"http://target{request.path}"
    prepared.headers = requests.structures.CaseInsensitiveDict(dict(request.headers))
    prepared.body = request.body
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    content = answer.raw if answer.envelope is None or answer.body is None else encode(answer.body)
    return Response(
        status_code=answer.status or 599,
        headers=headers,
        content=content,
        request=prepared,
        elapsed=answer.ended - answer.started,
        verify=True,
        encoding="utf-8",
    )


def _complaint(check: str, failure: Failure, operation: str, answer: Answer) -> Complaint:
    status = answer.status or 0
    got = " ".join(f"{failure.title}: {failure.message}".split())[:200]
    if check == "response_headers_conformance":
        requirement = "RATE-7" if status == 429 else HEADERS_OF.get(operation) if status == 200 else None
        return Complaint(requirement, "headers", f"the headers that the spec asks for of a {status}", got)
    if check == "response_schema_conformance":
        fits = SCHEMA_OF.get(operation) if status == 200 else "RATE-7" if status == 429 else "ERR-4"
        return Complaint(fits, "body", f"a body valid for the {status} of {operation}", got)
    fits = "ERR-4" if 400 <= status < 500 else None
    return Complaint(fits, "header Content-Type", f"what the spec says of a {status} of {operation}", got)


def _headers(given: Mapping[str, Any], label: str) -> tuple[tuple[str, str], ...] | None:
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        if name.lower() == "content-type" and label == "coverage":
            if (
                not isinstance(value, str)
                or not value.startswith(("text/", "application/"))
                or "json" in value
            ):
                return None  # what an ill-formed one means is the target's choice
            found.append((name, value))
        elif _plain(name, value) and not KEPT_OUT.fullmatch(name):
            found.append((name, value))
    return tuple(found)


def _kind(case: Case[Any]) -> str:
    data = case.meta.phase.data if case.meta is not None else None
    return str(getattr(data, "scenario", ""))


def _plain(name: str, value: Any) -> bool:
    named = TOKEN.fullmatch(name) is not None
    return named and isinstance(value, str) and value.isascii() and value.isprintable()


def _sendable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _nothing() -> Override:
    return Override(query={}, headers={}, cookies={}, path_parameters={})


def _nothing_came() -> Response:
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url = "GET", "http://target/"
    prepared.headers = requests.structures.CaseInsensitiveDict()
    return Response(404, {"content-type": ["application/json"]}, b"{}", prepared, 0.0, True)


def _quietly(made: Any) -> Iterator[Case[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from made

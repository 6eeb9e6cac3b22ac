"""core: errors and health (ERR-1 to ERR-5, HEALTH-1, HEALTH-2)."""

from __future__ import annotations

import functools
import itertools
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.cast import Cast
from conformance.checks.rooms import unknown_room
from conformance.registry import Sight, check, each, observer
from conformance.valid import valid_request
from protocol import probes, tokens, validation
from protocol.client import User
from protocol.operations import Request
from protocol.spec import Operation, Spec
from suite.expectations import Expect, expect, given_that, twin

SEARCHED_CHARS, SEARCHED_TEXTS = 20_000, 400  # of an answer, by the patterns of what none may show
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@check("ERR-1")
@each(
    lambda spec: [
        ("below a known prefix", "/signaling/no-such-operation"),
        ("beside it", "/no-such-path"),
        ("below an operation", "/signaling/rooms/no/such/path"),
    ]
)
async def an_unknown_path_is_a_json_404(alice: User, case: str) -> None:
    request = alice.request("listRooms")
    answer = await alice.send(request.with_path(f"{case}-{secrets.token_hex(4)}"))
    expect(answer).refused().error_shaped()
    twin(await alice.send(request))


@dataclass(frozen=True)
class WrongMethod:
    """A method that the spec does not give to the operation's path."""

    operation: str
    method: str


def wrong_methods(spec: Spec) -> Iterator[tuple[str, WrongMethod]]:
    known: dict[str, set[str]] = {}
    for operation in spec.operations.values():
        known.setdefault(operation.path, set()).add(operation.method)
    for name in spec.requirement("ERR-2").operations:
        for method in METHODS:
            if method not in known[spec.operation(name).path]:
                yield f"{method} {name}", WrongMethod(name, method)


@check("ERR-2")
@each(wrong_methods)
async def a_wrong_method_is_refused(cast: Cast, case: WrongMethod) -> None:
    user, request = await valid_request(cast, case.operation)
    wrong = Request(request.operation, case.method, request.path, request.headers)
    if case.method != "GET":
        # Nothing but the method is wrong: a write has a body, and by cookie its CSRF word.
        wrong = wrong.with_body(request.body or b"{}")
        if user.csrf is not None:
            wrong = wrong.with_header(cast.spec.policy["names"]["csrf_header"], user.csrf)
    expect(await user.send(wrong), f"{case.method} on the path of {case.operation}").refused()
    twin(await user.send(request))


@observer("ERR-3", exercised=lambda answer: answer.status is not None)
def no_answer_is_a_server_error(sight: Sight) -> str | None:
    """Looks at every answer of the run."""
    answer, checking = sight.answer, sight.checking
    if answer.status is None or answer.status < 500:
        return None
    if answer.status == 503 and (checking == "AUTH-17" or answer.operation == "health"):
        return None
    return f"{answer.operation} was answered with {answer.status} (while {checking} was checked)"


@observer("ERR-4", exercised=lambda answer: answer.status is not None and 400 <= answer.status < 600)
def every_error_has_one_of_the_two_shapes(sight: Sight) -> str | None:
    """Looks at every error of the run. A HEAD has no body to look at."""
    answer = sight.answer
    if answer.operation == "health" and answer.status == 503:
        return None
    problems = validation.error_validator(sight.spec).problems(answer.body)
    kind = (answer.header("Content-Type") or "").split(";")[0].strip().lower()
    if kind not in ("application/json", "application/problem+json"):
        return f"the {answer.status} of {answer.operation} is {kind or 'without a Content-Type'}, not JSON"
    if problems:
        problem = f"{problems[0].path}: {problems[0].message}"
        return f"the {answer.status} of {answer.operation} has neither error shape: {problem}"
    return None


@observer("ERR-5", exercised=lambda answer: answer.status is not None and 400 <= answer.status < 600)
def no_error_reveals_the_inside(sight: Sight) -> str | None:
    """Searches every error of the run for the leak patterns of the spec."""
    answer = sight.answer
    body = strings_of(answer.body) if answer.body is not None else [answer.raw.decode("utf-8", "replace")]
    headers = (value for _, value in answer.headers)
    for text in bounded(itertools.chain(headers, body)):
        hit = first_hit(leak_patterns(sight.spec), text)
        if hit is not None:
            name, found = hit
            return f"the {answer.status} of {answer.operation} shows a {name}: {found[:120]!r}"
    return None


@functools.cache
def leak_patterns(spec: Spec) -> tuple[probes.Pattern, ...]:
    return tuple(probes.leaks(spec))


def bounded(texts: Iterable[str]) -> Iterator[str]:
    """The texts within bounds of length: a hostile answer must not keep the patterns busy for ever."""
    left = SEARCHED_CHARS
    for text in itertools.islice(texts, SEARCHED_TEXTS):
        if left <= 0:
            return
        yield text[:left]
        left -= len(text)


@functools.lru_cache(maxsize=4096)  # most strings of a run come again and again
def first_hit(patterns: tuple[probes.Pattern, ...], text: str) -> tuple[str, str] | None:
    """The name of the first pattern that the text shows, and where it does."""
    for pattern in patterns:
        found = pattern.found_in(text)
        if found is not None:
            return pattern.name, found
    return None


def strings_of(value: Any, key: str = "") -> Iterator[str]:
    """Every string in a JSON value but those of `type` and `instance`, which are URIs."""
    if isinstance(value, str) and key not in ("type", "instance"):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_of(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from strings_of(item, name)


@check("ERR-3")
@each(lambda spec: [(operation.id, operation) for operation in _reading(spec)])
async def odd_headers_and_queries_make_no_server_error(cast: Cast, case: Operation) -> None:
    user, request = await valid_request(cast, case.id)
    for odd in _odd(request):
        expect(await user.send(odd)).answered_below(500)
    expect(await user.list_rooms()).accepted()


def _reading(spec: Spec) -> Iterable[Operation]:
    names = ("listRooms", "getOffer", "getAnswer", "health")
    return [spec.operation(name) for name in names]


def _odd(request: Request) -> Iterator[Request]:
    yield request.with_query(room="%00", since="\u0000", limit="-1")
    yield request.with_header("Accept", "image/png;q=x, */*;q=-1")
    yield request.with_header("Range", "bytes=5-1")
    yield request.with_header("If-Modified-Since", "yesterday")
    yield request.with_header("Authorization", "Basic Og==")
    yield request.with_header("Cookie", "; =; auth_token; a=\x22; b==")
    yield request.with_header("Content-Type", "x")


@check("ERR-4")
async def common_errors_have_one_of_the_two_shapes(alice: User, bob: User, room: str) -> None:
    for answer, statuses in (
        (await alice.without_token().list_rooms(), (401,)),
        (await bob.get_offer(room), (404,)),
        (await alice.join(unknown_room()), (404,)),
        (await alice.send(alice.creating().without_field("broadcasterName")), (400,)),
    ):
        given_that(answer.status, f"the status of a refused {answer.operation}").is_one_of(statuses)
        expect(answer).error_shaped()


@check("ERR-5")
async def parser_errors_reveal_nothing(alice: User, spec: Spec) -> None:
    for body in (b'{"broadcasterId": ', b"\xff\xfe", b"[" * 500, b'{"a": 1e999999}', b"null"):
        answer = await alice.send(alice.creating().with_body(body))
        expect(answer).answered_below(500)
        complaint = no_error_reveals_the_inside(Sight(spec, answer))
        expect(complaint, "what the error reveals").equals(None)
    twin(await alice.list_rooms())


@check("HEALTH-1")
async def health_by_bearer_is_well_formed(alice: User) -> None:
    expect(await alice.by_bearer().health()).accepted().valid()


@check("HEALTH-1")
async def health_by_cookie_is_well_formed(alice: User) -> None:
    expect(await alice.by_cookie().health()).accepted().valid()


@check("HEALTH-2")
async def bad_credentials_are_refused_where_health_asks_for_any(alice: User) -> None:
    open_to_all = (await alice.without_token().health()).status == 200
    answer = await alice.with_token(tokens.tampered(alice.token)).health()
    expect(answer).refused(*((200, 401) if open_to_all else (401,)))
    Expect(await alice.health(), role="twin").accepted().valid()

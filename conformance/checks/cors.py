"""cors: preflight, origins, security headers, caching (CORS-1 to CORS-9, HDR-1 to HDR-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.cast import Cast
from conformance.checks import csrf
from conformance.checks.csrf import csrf_header
from conformance.checks.rooms import changed, listed, unknown_room
from conformance.registry import check, each
from conformance.things import relay_candidate, sdp
from protocol import probes
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Answer, Request
from protocol.spec import Spec
from suite.expectations import NotRun, expect, given, given_that, twin

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
EXPOSED = ("X-Encrypted", "Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset")
PREFLIGHTED = ("Content-Type", "Authorization", "X-CSRF-Token")


def allowed_origin(cast: Cast) -> str:
    if not cast.target.origins:
        raise NotRun("the target file names no allowed origin (origins.allowed)", "unknown")
    return cast.target.origins[0]


def words(answer: Answer, header: str) -> set[str]:
    """A list header's members in lower case."""
    values = ",".join(answer.header_values(header))
    return {word.strip().lower() for word in values.split(",") if word.strip()}


def preflight(user: User, operation: str, origin: str) -> Request:
    """What a browser asks before it sends the operation from a page of that origin."""
    path = user.lane.operations.path(operation)
    method = user.lane.spec.operation(operation).method
    return Request(
        operation,
        "OPTIONS",
        path,
        (
            ("Origin", origin),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", ", ".join(PREFLIGHTED).lower()),
        ),
    )


def preflighted(spec: Spec) -> list[tuple[str, str]]:
    return [(name, name) for name in ("createRoom", "listRooms", "sendOffer", "heartbeat")]


@check("CORS-1")
@each(preflighted)
async def a_preflight_from_an_allowed_origin_is_granted(cast: Cast, alice: User, case: str) -> None:
    origin = allowed_origin(cast)
    answer = await alice.send(preflight(alice, case, origin))
    expect(answer).refused()
    expect(answer).header(ALLOW_ORIGIN).equals(origin)
    for method in ("get", "post", "options"):
        expect(sorted(words(answer, "Access-Control-Allow-Methods")), "the methods allowed").contains(method)
    for name in PREFLIGHTED:
        expect(sorted(words(answer, "Access-Control-Allow-Headers")), "the headers allowed").contains(
            name.lower()
        )


@check("CORS-2")
async def an_allowed_origin_is_echoed_with_credentials(cast: Cast, alice: User) -> None:
    for origin in cast.target.origins or (allowed_origin(cast),):
        answer = await alice.with_headers(("Origin", origin)).list_rooms()
        expect(answer).accepted()
        expect(answer).header(ALLOW_ORIGIN).equals(origin)
        expect(answer).header(ALLOW_CREDENTIALS).equals("true")
        granted = await alice.send(preflight(alice, "createRoom", origin))
        expect(granted.header(ALLOW_ORIGIN), f"{ALLOW_ORIGIN} of a preflight").equals(origin)
        expect(granted.header(ALLOW_CREDENTIALS), f"{ALLOW_CREDENTIALS} of a preflight").equals("true")


async def never_echoed(cast: Cast, user: User, origin: str) -> None:
    """Neither an answer nor a preflight names the foreign origin; the allowed one is named."""
    allowed = allowed_origin(cast)
    for answer in (
        await user.with_headers(("Origin", origin)).list_rooms(),
        await user.without_token().with_headers(("Origin", origin)).list_rooms(),
        await user.send(preflight(user, "createRoom", origin)),
    ):
        expect(answer.header(ALLOW_ORIGIN), f"{ALLOW_ORIGIN} for {origin}").differs(origin)
    good = twin(await user.with_headers(("Origin", allowed)).list_rooms())
    given_that(good.header(ALLOW_ORIGIN), f"{ALLOW_ORIGIN} for the allowed origin").equals(allowed)


@check("CORS-3")
@each(lambda spec: [(origin, origin) for origin in spec.probes["foreign_origins"]])
async def a_foreign_origin_is_never_echoed(cast: Cast, alice: User, case: str) -> None:
    if case in cast.target.origins:
        raise NotRun(f"{case} is allowed at this target", "unknown")
    await never_echoed(cast, alice, case)


@check("CORS-4")
async def a_star_never_goes_with_credentials(cast: Cast, alice: User) -> None:
    origins = [allowed_origin(cast), *probes.foreign_origins(cast.spec, cast.target.origins), None]
    for origin in origins:
        user = alice.with_headers(("Origin", origin)) if origin else alice
        for answer in (
            await user.list_rooms(),
            await user.without_token().list_rooms(),
            await alice.send(preflight(alice, "createRoom", origin or "https://foreign.example")),
        ):
            pair = [answer.header(ALLOW_ORIGIN), (answer.header(ALLOW_CREDENTIALS) or "").lower()]
            expect(pair, f"{ALLOW_ORIGIN} and {ALLOW_CREDENTIALS}").differs(["*", "true"])
    good = twin(await alice.with_headers(("Origin", allowed_origin(cast))).list_rooms())
    given_that(good.header(ALLOW_ORIGIN), f"{ALLOW_ORIGIN} for the allowed origin").differs(None)


@check("CORS-5")
async def a_lookalike_origin_is_foreign(cast: Cast, alice: User) -> None:
    allowed_origin(cast)
    for probe in probes.lookalike_origins(cast.spec, cast.target.origins):
        await never_echoed(cast, alice, probe.value)


@check("CORS-6")
async def a_401_and_a_404_carry_the_cors_headers(cast: Cast, alice: User, room: str) -> None:
    origin = allowed_origin(cast)
    page = alice.with_headers(("Origin", origin))
    for answer, status in (
        (await page.without_token().list_rooms(), 401),
        (await page.get_offer(room), 404),
        (await page.join(unknown_room()), 404),
    ):
        given_that(answer.status, f"the status of a refused {answer.operation}").equals(status)
        expect(answer).header(ALLOW_ORIGIN).equals(origin)
        expect(answer).header(ALLOW_CREDENTIALS).equals("true")


@check("CORS-6", tags=["budget"])
async def a_429_carries_the_cors_headers(cast: Cast, alice: User, spec: Spec) -> None:
    origin = allowed_origin(cast)
    budget = spec.operation("createRoom").budget
    page = alice.with_headers(("Origin", origin))
    for _ in range(budget.limit if budget else 1):
        given(await page.create_room())
    answer = await page.create_room()
    # Without a budget there is no 429: then this answer must carry them all the same.
    expect(answer).refused(*([429] if "ratelimit" in cast.target.profiles else [200, 429]))
    expect(answer).header(ALLOW_ORIGIN).equals(origin)
    expect(answer).header(ALLOW_CREDENTIALS).equals("true")


@check("CORS-7")
async def answers_vary_by_origin(cast: Cast, alice: User) -> None:
    origin = allowed_origin(cast)
    page = alice.with_headers(("Origin", origin))
    for answer in (given(await page.list_rooms()), await page.without_token().list_rooms()):
        expect(sorted(words(answer, "Vary")), "the members of Vary").contains("origin")


def by_cookie(cast: Cast, user: User) -> User:
    """The user signing in by cookie, with a CSRF word where the target asks for one: where it asks for none,
    a foreign page has to be kept out all the same.
    """
    return csrf.by_cookie(user) if cast.target.csrf else user.by_cookie()


@check("CORS-8")
async def a_foreign_write_with_a_valid_token_has_no_effect(
    cast: Cast, alice: User, bob: User, room: str
) -> None:
    user = by_cookie(cast, bob)
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    await user.with_headers(("Origin", "https://evil.test")).leave(room)
    expect(
        await changed(alice, room, before), "what changed in the room after a foreign page's leave"
    ).equals({})
    twin(await user.with_headers(("Origin", allowed_origin(cast))).leave(room))
    given_that(
        await changed(alice, room, before), "what changed in the room after the same from an allowed page"
    ).differs({})


@check("CORS-8")
async def a_foreign_simple_request_has_no_effect(
    cast: Cast, alice: User, bob: User, room: str, offer: str, spec: Spec
) -> None:
    user = by_cookie(cast, alice)
    given(await user.send_offer(room, offer))
    foreign = user.with_headers(("Origin", "https://evil.test"))
    simple = foreign.offering(room, sdp()).without_header(csrf_header(spec))
    await user.send(simple.with_header("Content-Type", "text/plain"))
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("CORS-8")
async def a_foreign_page_makes_no_room(cast: Cast, alice: User, spec: Spec) -> None:
    user = by_cookie(cast, alice)
    name = f"Foreign {mark()}"
    foreign = user.with_headers(("Origin", "https://evil.test")).creating(customName=name)
    await user.send(foreign)
    await user.send(foreign.without_header(csrf_header(spec)).with_header("Content-Type", "text/plain"))
    names = [room.get("customName") for room in given(await user.list_rooms()).rooms]
    expect(names, "the names of listed rooms").lacks(name)
    twin(await user.with_headers(("Origin", allowed_origin(cast))).create_room(customName=name))
    names = [room.get("customName") for room in given(await user.list_rooms()).rooms]
    given_that(names, "the names of listed rooms after the twin").contains(name)


@check("CORS-9")
async def the_protocols_headers_are_exposed(cast: Cast, alice: User) -> None:
    answer = await alice.with_headers(("Origin", allowed_origin(cast))).list_rooms()
    exposed = sorted(words(answer, "Access-Control-Expose-Headers"))
    for name in EXPOSED:
        expect(exposed, "the headers exposed to scripts").contains(name.lower())


async def some_answers(user: User) -> list[Answer]:
    """A success, a refusal for want of a token, a missing room, an invalid body."""
    answers = [
        given(await user.list_rooms()),
        await user.without_token().list_rooms(),
        await user.join(unknown_room()),
        await user.send(user.creating().without_field("broadcasterName")),
    ]
    for answer in answers:
        given_that(answer.status, f"the status of {answer.operation}").differs(None)
    return answers


def named(answer: Answer) -> str:
    return f"the {answer.status} of {answer.operation}"


@check("HDR-1")
async def content_types_are_not_to_be_guessed(alice: User) -> None:
    for answer in await some_answers(alice):
        value = (answer.header("X-Content-Type-Options") or "").lower()
        expect(value, f"X-Content-Type-Options on {named(answer)}").equals("nosniff")


@check("HDR-2")
async def framing_is_forbidden(alice: User) -> None:
    for answer in await some_answers(alice):
        framing = (answer.header("X-Frame-Options") or "").upper()
        policy = answer.header("Content-Security-Policy") or ""
        forbidden = framing == "DENY" or "frame-ancestors" in policy
        expect(forbidden, f"whether {named(answer)} forbids framing").equals(True)


@check("HDR-3")
async def https_is_said_to_be_the_only_way(alice: User) -> None:
    expect(await alice.list_rooms()).header("Strict-Transport-Security").matches(r"max-age=\d+")


@check("HDR-4")
async def mailbox_answers_are_not_stored(alice: User, bob: User, room: str) -> None:
    given(await alice.send_offer(room, sdp()))
    given(await bob.send_answer(room, sdp()))
    reads = [await bob.get_offer(room), await alice.get_answer(room)]
    reads += [await bob.get_offer(room), await alice.get_answer(room)]
    for answer, status in zip(reads, (200, 200, 404, 404), strict=True):
        given_that(answer.status, f"the status of {answer.operation}").equals(status)
        expect(sorted(words(answer, "Cache-Control")), f"Cache-Control of {named(answer)}").contains(
            "no-store"
        )


@check("HDR-4")
@each(lambda spec: [("getCandidates", "getCandidates")])
async def candidates_are_not_stored(alice: User, bob: User, room: str, case: str) -> None:
    given(await alice.send_candidate(room, relay_candidate()))
    answer = given(await bob.get_candidates(room))
    expect(sorted(words(answer, "Cache-Control")), f"Cache-Control of {named(answer)}").contains("no-store")


@check("HDR-5")
async def no_header_tells_a_version(alice: User, spec: Spec) -> None:
    for answer in await some_answers(alice):
        expect(list(versions(answer, spec)), f"software versions in {named(answer)}").is_empty()


def versions(answer: Answer, spec: Spec) -> Iterator[str]:
    rule = spec.probes["software_headers"]
    for name in rule["names"]:
        for value in answer.header_values(name):
            if re.search(rule["pattern"], value):
                yield f"{name}: {value}"

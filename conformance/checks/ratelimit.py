"""ratelimit: budgets, the 429, recovery, isolation (RATE-1 to RATE-14)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from conformance.cast import Cast
from conformance.registry import check, each
from conformance.things import sdp
from conformance.valid import operations_of, valid_request
from conformance.waits import after_seconds, target_time
from protocol import validation
from protocol.client import User
from protocol.operations import Answer, Request
from protocol.spec import Budget, Spec
from suite.expectations import NotRun, expect, given, given_that

BURST = 4  # times the budget, sent at once


def budget_of(spec: Spec, operation: str) -> Budget:
    budget = spec.operation(operation).budget
    if budget is None:
        raise NotRun(f"{operation} has no budget in the spec", "excluded")
    return budget


async def spend(user: User, request: Callable[[], Request], budget: Budget) -> Answer:
    """Spends a budget to its end: every request within it must be granted. Returns the last answer."""
    answer = Answer("none")
    for number in range(1, budget.limit + 1):
        answer = await user.send(request())
        expect(answer, f"{answer.operation} {number} of {budget.limit} within the budget").accepted()
    return answer


async def spent(user: User, budget: Budget) -> None:
    """The user's createRoom budget is gone; inconclusive where it cannot be spent."""
    for _ in range(budget.limit):
        given(await user.create_room())


@check("RATE-1", tags=["budget"])
async def the_room_budget_holds_exactly(alice: User, spec: Spec) -> None:
    await spend(alice, alice.creating, budget_of(spec, "createRoom"))
    expect(await alice.create_room()).refused()


@check("RATE-2", tags=["budget"])
@each(lambda spec: [("createPartyRoom", "createPartyRoom")])
async def the_party_room_budget_holds_exactly(alice: User, spec: Spec, case: str) -> None:
    await spend(alice, alice.creating_party, budget_of(spec, case))
    expect(await alice.create_party()).refused()


@check("RATE-3", tags=["budget"])
async def the_join_budget_holds_exactly(alice: User, carol: User, room: str, spec: Spec) -> None:
    await spend(carol, lambda: carol.joining(room), budget_of(spec, "joinRoom"))
    expect(await carol.join(room)).refused()


@check("RATE-4", tags=["budget"])
async def the_offer_budget_holds_exactly(alice: User, room: str, spec: Spec) -> None:
    await spend(alice, lambda: alice.offering(room, sdp()), budget_of(spec, "sendOffer"))
    expect(await alice.send_offer(room, sdp())).refused()


@check("RATE-5", tags=["budget"])
async def the_answer_budget_holds_exactly(alice: User, bob: User, room: str, spec: Spec) -> None:
    await spend(bob, lambda: bob.answering(room, sdp()), budget_of(spec, "sendAnswer"))
    expect(await bob.send_answer(room, sdp())).refused()


@check("RATE-6", tags=["budget"])
async def the_heartbeat_budget_holds_exactly(alice: User, room: str, spec: Spec) -> None:
    budget = budget_of(spec, "heartbeat")
    await spend(alice, lambda: alice.request("heartbeat", roomId=room), budget)
    expect(await alice.heartbeat(room)).refused()


@check("RATE-6", tags=["budget"])
async def the_heartbeat_budget_is_counted_by_room(alice: User, bob: User, room: str, spec: Spec) -> None:
    other = given(await alice.create_room()).room_id
    await spend(alice, lambda: alice.request("heartbeat", roomId=room), budget_of(spec, "heartbeat"))
    expect(await alice.heartbeat(other)).accepted()
    expect(await bob.heartbeat(room)).accepted()


@check("RATE-7", tags=["budget"])
@each(operations_of("RATE-7"))
async def a_429_says_when_to_come_back(cast: Cast, spec: Spec, case: str) -> None:
    user, request = await valid_request(cast, case)
    budget = budget_of(spec, case)
    for _ in range(budget.limit):
        given(await user.send(request))
    refusal = await user.send(request)
    expect(refusal).refused()
    problems = [
        f"{p.path}: {p.message}" for p in validation.rate_limited_validator(spec).problems(refusal.body)
    ]
    expect(problems, "what is wrong with the body of the 429").is_empty()
    expect(refusal).header("Retry-After").matches(r"^[1-9][0-9]*$")
    expect(refusal).header("X-RateLimit-Remaining").equals("0")
    expect(refusal).header("X-RateLimit-Reset").matches(r"^[0-9]{13}$")
    retry_after = int(refusal.header("Retry-After") or 0)
    expect(refusal.at("retryAfter"), "retryAfter of the body, against the header").equals(retry_after)
    expect(retry_after, "Retry-After").at_most(budget.window)
    reset = int(refusal.header("X-RateLimit-Reset") or 0) / 1000
    tolerance = spec.timings["rate_reset_tolerance"] + cast.target.tolerances.clock_skew_s
    off = reset - (target_time() + retry_after)
    expect(off, "X-RateLimit-Reset minus (now + Retry-After), in seconds").between(-tolerance, tolerance)


@check("RATE-8", alone=True, tags=["budget"])
async def ones_exhaustion_does_not_touch_another(alice: User, bob: User, spec: Spec) -> None:
    await spent(alice, budget_of(spec, "createRoom"))
    given_that((await alice.create_room()).status, "the status of one room too many").equals(429)
    expect(await bob.create_room()).accepted()


@check("RATE-9", clock=True, tags=["budget"])
async def the_budget_returns_when_the_window_ends(alice: User, spec: Spec) -> None:
    budget = budget_of(spec, "createRoom")
    await spent(alice, budget)
    refusal = await alice.create_room()
    given_that(refusal.status, "the status of one room too many").equals(429)
    await after_seconds(budget.window - spec.timings["grace_before"])
    expect((await alice.create_room()).status, "the status shortly before the window ends").equals(429)
    await after_seconds(spec.timings["grace_before"] + spec.timings["grace_after"])
    expect(await alice.create_room()).accepted()


@check("RATE-9", clock=True, tags=["budget"])
async def the_whole_budget_returns_when_the_window_ends(alice: User, spec: Spec) -> None:
    budget = budget_of(spec, "createRoom")
    given(await alice.create_room())
    await after_seconds(budget.window / 2)
    for _ in range(budget.limit - 1):
        given(await alice.create_room())
    await after_seconds(budget.window / 2 + spec.timings["grace_after"])
    await spend(alice, alice.creating, budget)


@check("RATE-10", tags=["budget"])
@each(
    lambda spec: [
        (entry["header"], (entry["header"], entry["value"])) for entry in spec.probes["spoofed_addresses"]
    ]
)
async def a_claimed_address_grants_no_fresh_budget(
    cast: Cast, alice: User, case: tuple[str, str], spec: Spec
) -> None:
    if (cast.target.address_header or "").lower() == case[0].lower():
        raise NotRun(f"the target file names {case[0]} as the header that states an address", "unknown")
    await spent(alice, budget_of(spec, "createRoom"))
    user = alice.without_address()
    expect(await user.send(user.creating().with_header(*case))).refused()


@check("RATE-11", tags=["budget"])
async def unauthenticated_requests_spend_nothing(alice: User, spec: Spec) -> None:
    budget = budget_of(spec, "createRoom")
    nobody = alice.without_token()
    for _ in range(budget.limit + 1):
        given_that((await nobody.create_room()).status, "the status without a token").equals(401)
    await spend(alice, alice.creating, budget)


@check("RATE-12", tags=["budget", "race"], safety=True)
async def the_budget_holds_under_parallel_requests(alice: User, spec: Spec) -> None:
    budget = budget_of(spec, "createRoom")
    answers = await asyncio.gather(*(alice.create_room() for _ in range(BURST * budget.limit)))
    granted = sum(answer.status == 200 for answer in answers)
    expect(granted, f"rooms granted of {len(answers)} asked for at once").between(1, budget.limit)


@check("RATE-13", tags=["budget"])
async def retry_after_grows_with_repeated_failures(alice: User, spec: Spec) -> None:
    await spent(alice, budget_of(spec, "createRoom"))
    waits = []
    for _ in range(10):
        refusal = await alice.create_room()
        given_that(refusal.status, "the status of one room too many").equals(429)
        waits.append(int(refusal.header("Retry-After") or 0))
    expect(waits[-1], "the tenth Retry-After").at_least(waits[0] + 1)


@check("RATE-14", tags=["budget"])
async def an_invalid_request_spends_nothing(alice: User, spec: Spec) -> None:
    budget = budget_of(spec, "createRoom")
    invalid = alice.creating().without_field("broadcasterName")
    for _ in range(budget.limit):
        given_that((await alice.send(invalid)).status, "the status of an invalid request").equals(400)
    await spend(alice, alice.creating, budget)
    twin_refusal = await alice.create_room()
    given_that(twin_refusal.status, "the status of one room too many").equals(429)

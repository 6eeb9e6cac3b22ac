"""ice: TURN credentials and trickled candidates (ICE-1 to ICE-8)."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from conformance.cast import Cast
from conformance.registry import check, each
from conformance.things import relay_candidate
from conformance.valid import operations_of, valid_request
from conformance.waits import after_seconds, target_time
from protocol.client import User
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, refused_but_for, twin

MOST = 1000  # candidates that are read of a room
NOT_CANDIDATES = (
    "parley",
    "v=0\r\n",
    "candidate:1 1 udp",
    "candidate:1 1 udp 1 198.18.0.1 9 type host",
    "<script>alert(1)</script>",
    "candidate:1 1 udp many 198.18.0.1 9 typ host",
)


def lines(answer: Answer) -> list[Any]:
    """The candidate lines of an answer, in its order."""
    found = answer.at("candidates")
    items = found if isinstance(found, list) else []
    return [item.get("candidate") if isinstance(item, dict) else item for item in items]


async def all_lines(user: User, room: str) -> list[Any]:
    """Every candidate line from the start, however many an answer holds."""
    answer = given(await user.get_candidates(room))
    found, page = lines(answer), lines(answer)
    while page and len(found) < MOST:
        answer = given(await user.get_candidates(room, str(answer.at("next"))))
        page = lines(answer)
        found += page
    return found


def turn_server(answer: Answer) -> dict[str, Any]:
    """The first server of an answer that has a turn: or turns: url."""
    found = answer.at("iceServers")
    for server in found if isinstance(found, list) else []:
        urls = server.get("urls") if isinstance(server, dict) else None
        for url in urls if isinstance(urls, list) else [urls]:
            if re.match(r"turns?:", str(url)):
                return dict(server)
    return {}


@check("ICE-1")
async def the_ice_servers_are_valid_and_one_is_turn(alice: User) -> None:
    answer = await alice.ice_servers()
    expect(answer).accepted().valid()
    expect(turn_server(answer), "a server with a turn: or turns: url").differs({})
    for member in ("username", "credential"):
        expect(bool(turn_server(answer).get(member)), f"whether it has a {member}").equals(True)


def expire_as_said(cast: Cast, answer: Answer, spec: Spec) -> None:
    """ttl is within its bounds, and the number that starts the username is now + ttl."""
    ttl = answer.at("ttl")
    expect(ttl, "ttl").between(spec.timings["turn_credential_min"], spec.timings["turn_credential_max"])
    username = str(turn_server(answer).get("username"))
    expect(username, "the username").matches(r"^\d+")
    expiry = int((re.match(r"\d+", username) or [""])[0])
    tolerance = spec.timings["turn_username_tolerance"] + cast.target.tolerances.clock_skew_s
    off = expiry - (target_time() + ttl)
    expect(off, "the expiry in the username minus (now + ttl), in seconds").between(-tolerance, tolerance)


@check("ICE-2")
async def the_credentials_expire(cast: Cast, alice: User, spec: Spec) -> None:
    expire_as_said(cast, given(await alice.ice_servers()), spec)


@check("ICE-2", clock=True, extra=True)
async def later_credentials_expire_later(cast: Cast, alice: User, spec: Spec) -> None:
    given(await alice.ice_servers())
    await after_seconds(spec.timings["turn_credential_min"])
    # Whether they are new or those of before: what is handed out now lives for its ttl from now.
    expire_as_said(cast, given(await alice.ice_servers()), spec)


@check("ICE-3")
async def credentials_differ_between_users(alice: User, bob: User) -> None:
    # Both within one second, or the time in the username is all that differs.
    servers: list[dict[str, Any]] = []
    for _ in range(5):
        servers = [
            turn_server(given(a)) for a in await asyncio.gather(alice.ice_servers(), bob.ice_servers())
        ]
        if len({str(server.get("username")).partition(":")[0] for server in servers}) == 1:
            break
    for member in ("username", "credential"):
        values = [server.get(member) for server in servers]
        given_that(values, f"the {member} of both").lacks(None)
        expect(values[0] == values[1], f"whether both have the same {member}").equals(False)


@check("ICE-5")
async def candidates_reach_the_others_in_order(alice: User, bob: User, room: str) -> None:
    sent = [relay_candidate(number) for number in range(1, 6)]
    for line in sent:
        given(await alice.send_candidate(room, line))
    answer = await bob.get_candidates(room)
    expect(answer).accepted().valid()
    expect(lines(answer), "the candidates that bob sees").equals(sent)
    expect(answer).has("candidates.0.fromUserId", alice.id).has("candidates.0.sdpMid", "0")
    expect(lines(given(await alice.get_candidates(room))), "the candidates that alice sees").equals([])


@check("ICE-5")
async def a_candidate_comes_once_a_cursor(alice: User, bob: User, room: str) -> None:
    sent = [relay_candidate(number) for number in range(1, 5)]
    for line in sent[:2]:
        given(await alice.send_candidate(room, line))
    first = given(await bob.get_candidates(room))
    cursor = str(first.at("next"))
    for line in sent[2:]:
        given(await alice.send_candidate(room, line))
    second = await bob.get_candidates(room, cursor)
    expect(second).accepted()
    expect(lines(second), "the candidates since the cursor").equals(sent[2:])
    third = await bob.get_candidates(room, str(second.at("next")))
    expect(lines(third), "the candidates since the newest cursor").equals([])
    expect(third.at("next"), "the cursor where nothing is new").equals(second.at("next"))
    expect(lines(given(await bob.get_candidates(room))), "the candidates from the start").equals(sent)


@check("ICE-5")
async def as_many_candidates_as_promised_are_kept(
    cast: Cast, alice: User, bob: User, room: str, spec: Spec
) -> None:
    keep = spec.limits["candidates_kept"]
    budget = spec.operation("sendCandidate").budget
    share = min(keep, budget.limit if budget else keep) // 2
    senders = [alice, bob, *await cast.people(-(-keep // share) - 2)]
    for sender in senders[2:]:
        given(await sender.join(room))
    reader = await cast.person("reader")
    given(await reader.join(room))
    sent: list[str] = []
    for sender in senders:
        for _ in range(min(share, keep - len(sent))):
            sent.append(relay_candidate(len(sent) + 1))
            given(await sender.send_candidate(room, sent[-1]))
    expect(await all_lines(reader, room), f"the {keep} candidates sent").equals(sent)


@check("ICE-5")
async def the_empty_candidate_is_passed_on(alice: User, bob: User, room: str) -> None:
    expect(await bob.send_candidate(room, "")).accepted()
    answer = given(await alice.get_candidates(room))
    expect(lines(answer), "the candidates that alice sees").equals([""])
    expect(answer).has("candidates.0.fromUserId", bob.id)


@check("ICE-5")
async def a_bad_cursor_is_refused(alice: User, bob: User, room: str) -> None:
    given(await alice.send_candidate(room, relay_candidate()))
    cursor = str(given(await bob.get_candidates(room)).at("next"))
    expect(await bob.get_candidates(room, "no cursor/%00!")).refused(400)
    twin(await bob.get_candidates(room, cursor))


@check("ICE-6", tags=["budget"])
async def the_candidate_budget_holds_exactly(alice: User, room: str, spec: Spec) -> None:
    budget = spec.operation("sendCandidate").budget
    assert budget is not None, "the lint sees to it that sendCandidate has a budget"
    for number in range(1, budget.limit + 1):
        answer = await alice.send_candidate(room, relay_candidate(number))
        expect(answer, f"candidate {number} of {budget.limit} within the budget").accepted()
    expect(await alice.send_candidate(room, relay_candidate())).refused()


@check("ICE-7")
@each(lambda spec: [(repr(text), text) for text in NOT_CANDIDATES])
async def what_is_no_candidate_line_is_refused(alice: User, bob: User, room: str, case: str) -> None:
    request = alice.candidate_of(room, relay_candidate())
    await refused_but_for(alice, request, lambda r: r.with_field_at("candidate.candidate", case))
    expect(lines(given(await bob.get_candidates(room))), "the candidates that bob sees").lacks(case)


@check("ICE-8")
@each(operations_of("ICE-8"))
async def without_a_token_it_is_refused(cast: Cast, case: str) -> None:
    user, request = await valid_request(cast, case)
    bare = user.without_token().sign(request.without_header("Authorization").without_header("Cookie"))
    await refused_but_for(user, request, lambda r: bare)

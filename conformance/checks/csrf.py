"""csrf: the token check on cookie-authenticated writes (CSRF-1 to CSRF-6)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from conformance.cast import Cast
from conformance.checks.rooms import changed, listed
from conformance.registry import check, each
from conformance.things import relay_candidate, sdp
from conformance.waits import a_moment
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Request
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that, refused_but_for, twin

Write = Callable[[User, str], Request]

# A valid request of every write whose success leaves a room as it can be used again.
WRITES: dict[str, Write] = {
    "createRoom": lambda user, room: user.creating(),
    "joinRoom": lambda user, room: user.joining(room),
    "sendOffer": lambda user, room: user.offering(room, sdp()),
    "sendAnswer": lambda user, room: user.answering(room, sdp()),
    "heartbeat": lambda user, room: user.request("heartbeat", roomId=room),
    "leaveRoom": lambda user, room: user.leaving(room),
    "createPartyRoom": lambda user, room: user.creating_party(),
    "inviteToPartyRoom": lambda user, room: user.inviting(room, "parley-guest"),
    "sendCandidate": lambda user, room: user.candidate_of(room, relay_candidate()),
}


def writes(spec: Spec) -> list[tuple[str, str]]:
    return [(name, name) for name in WRITES]


async def writing(user: User, room: str, case: str) -> Request:
    """The write, signed by cookie or bearer as the user is. What it needs is made by bearer: where cookie
    writes fail, that is what has to show.
    """
    if case == "inviteToPartyRoom":
        room = given(await user.by_bearer().create_party()).room_id
    return WRITES[case](user, room)


def csrf_header(spec: Spec) -> str:
    name: str = spec.policy["names"]["csrf_header"]
    return name


def by_cookie(user: User) -> User:
    """The user signing in by cookie, with the CSRF claim of its own token."""
    if user.csrf is None:
        raise Inconclusive("the token has no csrf claim, so no valid cookie write can be made")
    return user.by_cookie()


@check("CSRF-1")
@each(writes)
async def a_cookie_write_without_the_header_is_refused(
    alice: User, bob: User, room: str, spec: Spec, case: str
) -> None:
    user = by_cookie(bob)
    request = await writing(user, room, case)
    await refused_but_for(user, request, lambda r: r.without_header(csrf_header(spec)))


@check("CSRF-2")
@each(writes)
async def a_cookie_write_with_a_wrong_header_is_refused(
    alice: User, bob: User, room: str, spec: Spec, case: str
) -> None:
    user = by_cookie(bob)
    wrong = secrets.token_hex(16)
    request = await writing(user, room, case)
    await refused_but_for(user, request, lambda r: r.with_header(csrf_header(spec), wrong))


@check("CSRF-2")
async def another_users_csrf_claim_is_refused(alice: User, bob: User, room: str, spec: Spec) -> None:
    user = by_cookie(bob)
    others = by_cookie(alice).csrf or ""
    request = user.request("heartbeat", roomId=room)
    await refused_but_for(user, request, lambda r: r.with_header(csrf_header(spec), others))


@check("CSRF-2")
async def an_empty_or_shortened_header_is_refused(alice: User, bob: User, room: str, spec: Spec) -> None:
    user = by_cookie(bob)
    request = user.request("heartbeat", roomId=room)
    for wrong in ("", (user.csrf or "")[:-1], (user.csrf or "") + "0"):
        expect(await user.send(request.with_header(csrf_header(spec), wrong))).refused()
    twin(await user.send(request))


@check("CSRF-3")
@each(writes)
async def the_tokens_own_claim_is_accepted(cast: Cast, alice: User, bob: User, case: str) -> None:
    room = await cast.new_room(alice.by_bearer())
    given(await bob.by_bearer().join(room))
    user = by_cookie(bob)
    expect(await user.send(await writing(user, room, case))).accepted()


@check("CSRF-4")
@each(writes)
async def a_bearer_write_needs_no_header(alice: User, bob: User, room: str, spec: Spec, case: str) -> None:
    user = bob.by_bearer()
    request = (await writing(user, room, case)).without_header(csrf_header(spec))
    expect(await user.send(request)).accepted()


@check("CSRF-5")
async def a_refused_leave_changes_nothing(alice: User, bob: User, room: str, spec: Spec) -> None:
    user = by_cookie(bob)
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    leaving = user.leaving(room)
    expect(await user.send(leaving.without_header(csrf_header(spec)))).refused()
    expect(await changed(alice, room, before), "what changed in the room after a refused leave").equals({})
    twin(await user.send(leaving))
    given_that(await changed(alice, room, before), "what changed in the room after the leave").differs({})


@check("CSRF-5")
async def a_refused_join_or_heartbeat_changes_nothing(
    alice: User, carol: User, room: str, spec: Spec
) -> None:
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    await a_moment()
    beating, joining = by_cookie(alice).request("heartbeat", roomId=room), by_cookie(carol).joining(room)
    for user, request in ((alice, beating), (carol, joining)):
        expect(await user.send(request.without_header(csrf_header(spec)))).refused()
    expect(
        await changed(alice, room, before), "what changed in the room after a refused join and heartbeat"
    ).equals({})
    twin(await alice.send(beating))
    twin(await carol.send(joining))
    given_that(await changed(alice, room, before), "what changed in the room after the join").differs({})


@check("CSRF-5")
async def a_refused_offer_replaces_nothing(alice: User, bob: User, room: str, offer: str, spec: Spec) -> None:
    user = by_cookie(alice)
    given(await user.send_offer(room, offer))
    refused = user.offering(room, sdp()).without_header(csrf_header(spec))
    expect(await user.send(refused)).refused()
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("CSRF-5")
async def a_refused_room_is_not_made(alice: User, spec: Spec) -> None:
    user = by_cookie(alice)
    name = f"Refused {mark()}"
    creating = user.creating(customName=name)
    expect(await user.send(creating.without_header(csrf_header(spec)))).refused()
    names = [room.get("customName") for room in given(await user.list_rooms()).rooms]
    expect(names, "the names of listed rooms").lacks(name)
    twin(await user.send(creating))
    names = [room.get("customName") for room in given(await user.list_rooms()).rooms]
    given_that(names, "the names of listed rooms after the twin").contains(name)


@check("CSRF-6")
async def reading_by_cookie_needs_no_header(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    user = bob.by_cookie()
    expect(await user.list_rooms()).accepted()
    expect(await user.get_offer(room)).accepted().offer_is(offer)

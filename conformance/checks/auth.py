"""auth: which tokens are accepted, which refused, and that a refusal changes nothing (AUTH-1 to AUTH-24).

Crafted tokens are one edit away from a good one; the good one is the twin, sent the same way.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from typing import Any

from conformance.cast import Cast
from conformance.checks.rooms import changed, listed
from conformance.registry import check, each
from conformance.things import sdp
from conformance.valid import operations_of, valid_request
from conformance.waits import a_moment, eventually
from protocol import probes, tokens
from protocol.client import User
from protocol.operations import Request
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, twin


async def refused_token(cast: Cast, user: User, token: str, *statuses: int) -> None:
    """The token is refused by every way to sign in that the target offers; the user's own is accepted."""
    for way in cast.target.deliveries:
        person = replace(user, delivery=way)
        expect(await person.with_token(token).list_rooms()).refused(*statuses)
        twin(await person.list_rooms())


def without_credentials(request: Request, cast: Cast) -> Request:
    names = cast.spec.policy["names"]
    for header in ("Authorization", "Cookie", names["csrf_header"]):
        request = request.without_header(header)
    return request


@check("AUTH-1")
@each(operations_of("AUTH-1"))
async def an_operation_without_a_token_is_refused(cast: Cast, case: str) -> None:
    user, request = await valid_request(cast, case)
    expect(await user.send(without_credentials(request, cast))).refused()
    # The twin has rooms and mail of its own: whether the refusal has changed these is AUTH-12's matter.
    user, request = await valid_request(cast, case)
    twin(await user.send(request))


@check("AUTH-2", needs_signing=True)
async def an_expired_token_is_refused(cast: Cast, alice: User, spec: Spec) -> None:
    past = int(time.time()) - spec.timings["token_probe_offset"]
    issued = past - spec.timings["access_token_lifetime"]
    await refused_token(cast, alice, cast.forge.craft(alice.id, iat=issued, exp=past))


@check("AUTH-3")
async def a_token_with_a_tampered_signature_is_refused(cast: Cast, alice: User) -> None:
    await refused_token(cast, alice, tokens.tampered(alice.token))


@check("AUTH-3")
async def a_token_whose_claims_were_changed_is_refused(cast: Cast, alice: User, bob: User) -> None:
    header, _, signature = alice.token.split(".")
    _, claims, _ = bob.token.split(".")
    await refused_token(cast, alice, f"{header}.{claims}.{signature}")


@check("AUTH-3")
async def a_token_signed_with_another_key_is_refused(cast: Cast, alice: User) -> None:
    header, claims = tokens.peek(alice.token)
    other: tokens.Signer = (
        tokens.SecretSigner(secrets.token_bytes(32), header.get("kid"))
        if header.get("alg") == "HS256"
        else tokens.KeySigner(tokens.new_key(), header.get("kid"))
    )
    await refused_token(cast, alice, other.sign(claims))


@check("AUTH-4")
@each(lambda spec: [(alg, alg) for alg in ("none", "None", "NONE", "nOnE")])
async def an_unsigned_token_is_refused(cast: Cast, alice: User, case: str) -> None:
    header, claims = tokens.peek(alice.token)
    kept = {"kid": header["kid"]} if "kid" in header else {}
    await refused_token(cast, alice, tokens.unsigned(claims, case, kept))


@check("AUTH-5")
async def an_algorithm_confused_token_is_refused(cast: Cast, alice: User) -> None:
    kid = tokens.peek(alice.token)[0].get("kid")
    key = cast.forge.public_key()
    for secret in tokens.public_forms(key).values():
        forged = tokens.resigned(alice.token, secret, kid=kid)
        expect(await alice.with_token(forged).list_rooms()).refused()
    twin(await alice.list_rooms())


@check("AUTH-6", tags=["size"])
@each(lambda spec: [(probe.name, probe.value) for probe in probes.garbage_tokens(spec)])
async def a_garbage_token_is_refused(cast: Cast, alice: User, case: str) -> None:
    await refused_token(cast, alice, case)


@check("AUTH-7", needs_signing=True)
async def a_token_that_is_not_yet_valid_is_refused(cast: Cast, alice: User, spec: Spec) -> None:
    start = int(time.time()) + spec.timings["token_probe_offset"]
    end = start + spec.timings["access_token_lifetime"]
    await refused_token(cast, alice, cast.forge.craft(alice.id, nbf=start, exp=end))


@check("AUTH-8", needs_signing=True)
async def a_token_without_a_user_id_is_refused(cast: Cast, alice: User, spec: Spec) -> None:
    nobody: dict[str, Any] = dict.fromkeys(
        [*spec.policy["names"]["user_claims"], cast.target.user_claim], tokens.ABSENT
    )
    await refused_token(cast, alice, cast.forge.craft(alice.id, None, **nobody))


@check("AUTH-9")
async def a_bearer_works(alice: User) -> None:
    bearer = alice.by_bearer()
    expect(await bearer.list_rooms()).accepted().valid()
    expect(await bearer.create_room()).accepted().has("room.broadcasterId", alice.id)


@check("AUTH-10")
async def a_cookie_works(alice: User) -> None:
    cookie = alice.by_cookie()
    expect(await cookie.list_rooms()).accepted().valid()
    expect(await cookie.create_room()).accepted().has("room.broadcasterId", alice.id)


@check("AUTH-11")
@each(lambda spec: [(name, name) for name in spec.probes["query_token_parameters"]])
async def a_token_in_the_query_does_not_work(alice: User, case: str) -> None:
    request = alice.without_token().request("listRooms").with_query(**{case: alice.token})
    expect(await alice.send(request)).refused()
    twin(await alice.list_rooms())


@check("AUTH-12")
async def an_unauthenticated_read_does_not_consume_the_offer(
    alice: User, bob: User, room: str, offer: str
) -> None:
    given(await alice.send_offer(room, offer))
    expect(await bob.without_token().get_offer(room)).refused()
    expect(await bob.get_offer(room)).accepted().offer_is(offer)


@check("AUTH-12")
async def an_unauthenticated_post_replaces_no_mail(alice: User, bob: User, room: str) -> None:
    offer, answer = sdp(), sdp()
    given(await alice.send_offer(room, offer))
    given(await bob.send_answer(room, answer))
    expect(await alice.without_token().send_offer(room, sdp())).refused()
    expect(await bob.without_token().send_answer(room, sdp())).refused()
    expect(await bob.get_offer(room)).accepted().offer_is(offer)
    expect(await alice.get_answer(room)).accepted().answer_is(answer)


@check("AUTH-12")
async def an_unauthenticated_write_leaves_the_room_as_it_was(alice: User, bob: User, room: str) -> None:
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    await a_moment()
    stranger = bob.without_token()
    expect(await stranger.leave(room, userId=bob.id)).refused()
    expect(await stranger.heartbeat(room)).refused()
    expect(await stranger.list_rooms()).refused()
    expect(await changed(alice, room, before), "what changed in the room after refused writes").equals({})
    twin(await bob.heartbeat(room))
    twin(await bob.leave(room))
    given_that(await changed(alice, room, before), "what changed in the room after bob left").differs({})


@check("AUTH-12")
async def a_badly_signed_write_leaves_the_room_as_it_was(
    alice: User, bob: User, room: str, offer: str
) -> None:
    given(await alice.send_offer(room, offer))
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    await a_moment()
    forger = bob.with_token(tokens.tampered(bob.token))
    expect(await forger.leave(room)).refused()
    expect(await forger.heartbeat(room)).refused()
    expect(await forger.get_offer(room)).refused()
    expect(await changed(alice, room, before), "what changed in the room after refused writes").equals({})
    expect(await bob.get_offer(room)).accepted().offer_is(offer)
    twin(await bob.heartbeat(room))
    twin(await bob.leave(room))
    given_that(await changed(alice, room, before), "what changed in the room after bob left").differs({})


@check("AUTH-13")
async def a_401_says_how_to_authenticate(alice: User) -> None:
    refusal = await alice.without_token().list_rooms()
    expect(refusal).refused()
    expect(refusal).header("WWW-Authenticate").differs(None)
    twin(await alice.list_rooms())


@check("AUTH-14")
async def a_room_in_anothers_name_is_refused_or_overridden(alice: User, carol: User) -> None:
    answer = await alice.create_room(broadcasterId=carol.id)
    expect(answer).refused()
    if answer.status == 200:
        expect(answer).has("room.broadcasterId", alice.id)
    else:
        twin(await alice.create_room())


@check("AUTH-14")
async def joining_in_anothers_name_is_refused_or_overridden(
    alice: User, bob: User, carol: User, room: str
) -> None:
    answer = await carol.join(room, userId=bob.id)
    expect(answer).refused()
    count = (await listed(alice, room) or {}).get("participantCount")
    expect(count, "participantCount").equals(3 if answer.status == 200 else 2)
    twin(await carol.join(room))


@check("AUTH-14")
async def leaving_in_anothers_name_does_not_take_the_other_out(
    alice: User, bob: User, carol: User, room: str, offer: str
) -> None:
    given(await carol.join(room))
    given(await alice.send_offer(room, offer))
    answer = await carol.leave(room, userId=bob.id)
    expect(answer).refused()
    expect(await bob.get_offer(room)).accepted().offer_is(offer)
    if answer.status != 200:
        twin(await carol.leave(room))


@check("AUTH-14")
async def an_offer_in_anothers_name_is_refused_or_overridden(
    alice: User, bob: User, carol: User, room: str, offer: str
) -> None:
    answer = await alice.send_offer(room, offer, fromUserId=carol.id)
    expect(answer).refused()
    if answer.status == 200:
        expect(await bob.get_offer(room)).has("fromUserId", alice.id)
    else:
        twin(await alice.send_offer(room, offer))


@check("AUTH-15", needs_signing=True)
async def a_token_of_another_issuer_is_refused(cast: Cast, alice: User) -> None:
    await refused_token(cast, alice, cast.forge.craft(alice.id, iss="https://other.issuer.example"))
    await refused_token(cast, alice, cast.forge.craft(alice.id, iss=tokens.ABSENT))


@check("AUTH-16", alone=True, needs_signing=True)
async def a_token_of_a_rotated_key_works(cast: Cast, alice: User) -> None:
    twin(await alice.list_rooms())
    cast.forge.rotate()
    user = alice.with_token(cast.forge.craft(alice.id), "token of the new key")
    expect(await eventually(user.list_rooms, within="key_rotation")).accepted()


@check("AUTH-17", alone=True, needs_signing=True)
async def with_the_keys_unreachable_an_unknown_one_is_refused(cast: Cast, alice: User) -> None:
    twin(await alice.list_rooms())
    with cast.forge.outage():
        for way in cast.target.deliveries:
            token = cast.forge.craft_unknown(alice.id)
            person = replace(alice, delivery=way).with_token(token, "token of an unknown key")
            expect(await person.list_rooms()).refused()
    twin(await alice.list_rooms())


@check("AUTH-18", needs_signing=True)
@each(
    lambda spec: [
        ("no exp", tokens.ABSENT),
        ("text", "never"),
        ("a number as text", "4102444800"),
        ("null", None),
        ("true", True),
        ("a list", [4102444800]),
        ("an object", {}),
    ]
)
async def a_token_without_a_numeric_exp_is_refused(cast: Cast, alice: User, case: Any) -> None:
    await refused_token(cast, alice, cast.forge.craft(alice.id, exp=case))


@check("AUTH-19", needs_signing=True)
async def a_token_for_another_audience_is_refused(cast: Cast, alice: User) -> None:
    await refused_token(cast, alice, cast.forge.craft(alice.id, aud="somebody-else"))
    await refused_token(cast, alice, cast.forge.craft(alice.id, aud=tokens.ABSENT))


@check("AUTH-20", needs_signing=True)
@each(lambda spec: [(alg, alg) for alg in ("HS512", "none", "RS512", "parley")])
async def a_good_signature_under_another_alg_is_refused(cast: Cast, alice: User, case: str) -> None:
    await refused_token(cast, alice, cast.forge.craft(alice.id, {"alg": case}))


@check("AUTH-21", needs_signing=True)
async def a_token_of_an_unknown_key_is_refused(cast: Cast, alice: User) -> None:
    await refused_token(cast, alice, cast.forge.craft_unknown(alice.id))


@check("AUTH-22")
@each(lambda spec: [(word, word) for word in ("bearer", "BEARER", "bEaReR")])
async def the_scheme_is_case_insensitive(alice: User, case: str) -> None:
    bearer = alice.by_bearer()
    nobody = await alice.without_token().list_rooms()
    given_that(nobody.status, "the status of listRooms without a token").equals(401)
    request = bearer.request("listRooms").with_header("Authorization", f"{case} {alice.token}")
    expect(await bearer.send(request)).accepted()


@check("AUTH-23")
async def a_bad_cookie_does_not_void_a_good_bearer(alice: User, spec: Spec) -> None:
    bearer = alice.by_bearer()
    bad = f"{spec.policy['names']['token_cookie']}={tokens.tampered(alice.token)}"
    expect(await bearer.send(bearer.request("listRooms").with_header("Cookie", bad))).accepted()


@check("AUTH-23")
async def a_good_cookie_does_not_excuse_a_bad_bearer(alice: User) -> None:
    cookie = alice.by_cookie()
    request = cookie.request("listRooms")
    twin(await cookie.send(request))
    bad = f"Bearer {tokens.tampered(alice.token)}"
    expect(await cookie.send(request.with_header("Authorization", bad))).refused(401)

"""privacy: unlisted and anonymous rooms, address hygiene, what reaches whom (PRIV-1 to PRIV-7)."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from conformance.cast import Cast, World
from conformance.checks.errors import bounded, first_hit
from conformance.checks.ice import lines
from conformance.checks.malformed import told
from conformance.checks.rooms import listed, room_fields
from conformance.registry import Sight, check, each, observer
from conformance.things import host_candidate, relay_candidate, sdp
from protocol import probes
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, twin

# Fields that may carry an address: they are what the mail is for.
ADDRESSED = frozenset({"offer", "answer", "candidate", "candidates", "iceServers"})
OWN_ADDRESS = "auth"  # the tag of the operations that may show a user its own e-mail address
URL_HOST = re.compile(r"\bhttps?://[^\s/?#@]+(?=[\s/?#]|$)", re.IGNORECASE)
PRIVATE = ("10.1.2.3", "172.16.4.5", "192.168.6.7", "127.0.0.1", "169.254.8.9", "fe80::1", "fd00::2", "::1")


@check("PRIV-1", safety=True)
async def an_unlisted_room_is_never_listed(alice: User, bob: User, stranger: User) -> None:
    room = given(await alice.create_room(isPublic=False)).room_id
    public = given(await alice.create_room(isPublic=True)).room_id
    given_that(await listed(stranger, public), "a public room in the listing").differs(None)
    given(await bob.join(room))
    given(await alice.heartbeat(room))
    for user in (alice, bob, stranger):
        expect(await listed(user, room), f"the unlisted room as {user.actor} sees it").equals(None)


@check("PRIV-2", safety=True)
async def an_anonymous_room_hides_who_made_it(alice: User, bob: User, stranger: User) -> None:
    made = given(await alice.create_room(anonymous=True))
    open_room = given(await alice.create_room())
    shown = [
        given(await bob.join(made.room_id)),
        given(await stranger.list_rooms()),
        given(await bob.heartbeat(made.room_id)),
    ]
    for answer in shown:
        rooms = answer.rooms if answer.operation == "listRooms" else [answer.room]
        for room in rooms:
            if room.get("roomId") == made.room_id:
                expect(sorted(room), f"the fields of the room in {answer.operation}").lacks("broadcasterId")
                expect(sorted(room), f"the fields of the room in {answer.operation}").lacks("broadcasterName")
                for secret in (alice.id, alice.name):
                    expect(repr(room), f"the room in {answer.operation}").lacks(secret)
    given_that(ids_of(shown[1]), "the rooms listed").contains(made.room_id)
    seen = await listed(stranger, open_room.room_id) or {}
    given_that(seen.get("broadcasterId"), "broadcasterId of an ordinary room").equals(alice.id)


def ids_of(answer: Answer) -> list[Any]:
    return [room.get("roomId") for room in answer.rooms]


@check("PRIV-2", safety=True)
async def mail_of_an_anonymous_room_reaches_its_reader(alice: User, bob: User) -> None:
    room = given(await alice.create_room(anonymous=True)).room_id
    given(await bob.join(room))
    offer = sdp()
    given(await alice.send_offer(room, offer))
    answer = await bob.get_offer(room)
    expect(answer).accepted().offer_is(offer)
    expect(str(answer.at("fromUserId")), "fromUserId of the offer").lacks(alice.name)


@observer("PRIV-3", exercised=lambda answer: answer.status is not None)
def no_answer_carries_a_personal_address(sight: Sight) -> str | None:
    """Searches every answer of the run, the fields that are meant for addresses aside, and under /auth a
    user's own e-mail address: no two checks use one, and each speaks for its own user only.
    """
    answer = sight.answer
    operation = sight.spec.operations.get(answer.operation)
    own = operation is not None and operation.tag == OWN_ADDRESS
    patterns = personal_patterns(sight.spec, with_email=not own)
    for text in bounded(strings_but(answer.body, ADDRESSED)):
        # The host of a URL (the `type` of a problem, say) is a server's address, no client's.
        hit = first_hit(patterns, URL_HOST.sub("", text))
        if hit is not None:
            name, found = hit
            return f"the {answer.status} of {answer.operation} carries an {name}: {found[:80]!r}"
    return None


@functools.cache
def personal_patterns(spec: Spec, *, with_email: bool = True) -> tuple[probes.Pattern, ...]:
    return tuple(one for one in probes.personal(spec) if with_email or "mail" not in one.name)


def strings_but(value: Any, left_out: frozenset[str]) -> Iterator[str]:
    """Every string in a JSON value, below no field of these names."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_but(item, left_out)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in left_out:
                yield from strings_but(item, left_out)


@check("PRIV-3", safety=True)
async def a_room_shows_no_personal_address(alice: User, bob: User, room: str, spec: Spec) -> None:
    headers = [("X-Forwarded-For", "203.0.113.77"), ("X-Real-IP", "203.0.113.78")]
    user = bob.with_headers(*headers)
    for answer in (await user.join(room), await user.list_rooms(), await user.heartbeat(room)):
        given_that(answer.status, f"the status of {answer.operation}").equals(200)
        expect(no_answer_carries_a_personal_address(Sight(spec, answer)), "what the answer shows").equals(
            None
        )
        for _, address in headers:
            expect(repr(answer.headers), f"the headers of {answer.operation}").lacks(address)


@check("PRIV-4")
@each(lambda spec: [("sendCandidate", "sendCandidate")])
async def private_host_candidates_stay_inside(cast: Cast, alice: User, bob: User, case: str) -> None:
    room = given(await alice.create_room(anonymous=True)).room_id
    given(await bob.join(room))
    for address in PRIVATE:
        expect(await alice.send_candidate(room, host_candidate(address))).refused()
    related = relay_candidate().replace("raddr 0.0.0.0", "raddr 192.168.6.7")
    expect(await alice.send_candidate(room, related)).refused()
    relayed = relay_candidate(7)
    twin(await alice.send_candidate(room, relayed))
    seen = lines(given(await bob.get_candidates(room)))
    for address in PRIVATE:
        expect(repr(seen), "the candidates that bob sees").lacks(address)
    # Its raddr may be stripped, although it is none that has to be.
    heads = [str(line).partition(" raddr")[0] for line in seen]
    expect(heads, "the candidates that bob sees").contains(relayed.partition(" raddr")[0])


@check("PRIV-6")
async def the_listing_shows_room_fields_only(alice: User, bob: User, room: str, spec: Spec) -> None:
    rooms = given(await bob.list_rooms()).rooms
    shown = next((shown for shown in rooms if shown.get("roomId") == room), None)
    given_that(shown, "the room in the listing").differs(None)
    extra = sorted(set(shown or {}) - room_fields(spec))
    expect(extra, "the fields of a listed room that are no Room fields").is_empty()


def in_the_log(world: World) -> str | None:
    """What users sent that stands in the log which the target file names; nothing where there is none."""
    try:
        return None if world.target.log is None else world.canaries.in_log(world.target.log)
    except OSError:
        return None


@observer("PRIV-7", exercised=lambda answer: answer.status is not None, at_end=in_the_log)
def what_a_user_sent_reaches_nobody_outside_its_room(sight: Sight) -> str | None:
    """Searches every answer of the run for what others had sent, and the log at its end."""
    return sight.stray


@check("PRIV-7", safety=True)
async def what_is_sent_in_a_room_stays_in_it(alice: User, bob: User, stranger: User, room: str) -> None:
    marks = [mark() for _ in range(4)]
    given(await alice.send_offer(room, sdp(marks[0])))
    given(await bob.send_answer(room, sdp(marks[1])))
    unlisted = given(await alice.create_room(isPublic=False, encryptedRoomKey=marks[2])).room_id
    given_that(bool(unlisted), "whether the unlisted room was made").equals(True)
    given(await bob.join(unlisted, userName=marks[3]))
    outside = [
        await stranger.list_rooms(),
        await stranger.get_offer(room),
        await stranger.get_answer(room),
        await stranger.heartbeat(room),
        await stranger.leave(room),
        await stranger.send(stranger.offering(room, "parley")),
        await stranger.without_token().get_offer(room),
        await stranger.health(),
    ]
    for answer in outside:
        for secret in [*marks, unlisted]:
            expect(told(answer) + repr(answer.headers), f"what {answer.operation} tells a stranger").lacks(
                secret
            )
    twin(await bob.get_offer(room))

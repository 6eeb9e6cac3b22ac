"""core: rooms, joining, leaving, heartbeats, the listing (ROOM-1 to ROOM-16)."""

from __future__ import annotations

import asyncio
import math
import secrets
from typing import Any

from conformance.cast import Cast
from conformance.registry import check
from conformance.things import filler
from conformance.waits import a_moment, after
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, refused_but_for

AN_UNKNOWN_ROOM = "room_{}"


def unknown_room() -> str:
    """A room id of the right form that no server has given out."""
    return AN_UNKNOWN_ROOM.format(secrets.token_hex(16))


def room_fields(spec: Spec) -> frozenset[str]:
    """The fields that a Room has by the protocol."""
    return frozenset(spec.openapi["components"]["schemas"]["Room"]["properties"])


async def listed(user: User, room: str) -> dict[str, Any] | None:
    """The room as the listing shows it, or None. Fields of the server's own (its age, say) are left out: they
    are PRIV-6's matter, and may change by themselves.
    """
    known = room_fields(user.lane.spec)
    for shown in given(await user.list_rooms()).rooms:
        if shown.get("roomId") == room:
            return {name: value for name, value in shown.items() if name in known}
    return None


async def changed(user: User, room: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """What of a listed room is other than before, each field as [before, now]; {} where nothing is."""
    one, other = before or {}, await listed(user, room) or {}
    names = sorted(one.keys() | other.keys())
    return {name: [one.get(name), other.get(name)] for name in names if one.get(name) != other.get(name)}


async def count_of(user: User, room: str) -> Any:
    """participantCount of a room as the listing shows it; None where it is not listed."""
    return (await listed(user, room) or {}).get("participantCount")


@check("ROOM-1")
async def a_new_room_has_every_required_field_and_one_participant(alice: User) -> None:
    answer = await alice.create_room()
    expect(answer).accepted().valid().has("room.participantCount", 1)


@check("ROOM-1")
async def a_new_room_shows_who_made_it(alice: User) -> None:
    answer = await alice.create_room()
    expect(answer).accepted().has("room.broadcasterId", alice.id).has("room.broadcasterName", alice.name)


@check("ROOM-2", tags=["race"])
async def room_ids_are_unique_and_unguessable(cast: Cast, spec: Spec) -> None:
    budget = spec.operation("createRoom").budget
    rooms = 64
    people = await cast.people(math.ceil(rooms / (budget.limit if budget else rooms)))
    made: list[Answer] = []
    for person in people:
        share = min(rooms - len(made), budget.limit if budget else rooms)
        made += await asyncio.gather(*(person.create_room() for _ in range(share)))
    ids = [given(answer).room_id for answer in made]
    expect(ids, "the ids of 64 rooms made at once").all_different()
    expect(entropy_bits(ids), "the bits of chance in a roomId").at_least(spec.limits["room_id_entropy_bits"])


def entropy_bits(ids: list[str]) -> float:
    """Bits of chance by ROOM-2's measure: the positions that vary, outside what looks like a clock, times
    log2 of the alphabet seen in them.
    """
    bodies = [room_id.removeprefix("room_") for room_id in ids]
    width = min(len(body) for body in bodies)
    clock = clock_like(bodies, width)
    varying = [i for i in range(width) if i not in clock and len({body[i] for body in bodies}) > 1]
    alphabet = {body[i] for body in bodies for i in varying}
    return len(varying) * math.log2(len(alphabet)) if alphabet else 0.0


def clock_like(bodies: list[str], width: int) -> set[int]:
    """Positions of digit runs that all bodies share and whose number, read as a time or a counter, moves
    by little from one room to the next: ten or more digits, the leading half of them constant.
    """
    found: set[int] = set()
    start = 0
    while start < width:
        end = start
        while end < width and all(body[end].isdigit() for body in bodies):
            end += 1
        length = end - start
        constant = 0
        while constant < length and len({body[start + constant] for body in bodies}) == 1:
            constant += 1
        if length >= 8 and constant * 2 >= length:
            found.update(range(start, end))
        start = max(end, start + 1)
    return found


@check("ROOM-3")
async def names_and_keys_come_back_unchanged(alice: User, bob: User) -> None:
    sent = {
        "customName": f"Tea room-1_x {mark()}",
        "encryptedRoomKey": filler(500) + "=/+",
        "keyHash": "0af9" * 16,
    }
    made = await alice.create_room(**sent)
    expect(made).accepted().has("room.keyVersion", 1)
    joined = await bob.join(given(made).room_id)
    expect(joined).accepted()
    for field, value in sent.items():
        expect(made).has(f"room.{field}", value)
        expect(joined).has(f"room.{field}", value)


@check("ROOM-3")
async def a_room_without_a_key_has_no_key_version(alice: User) -> None:
    made = await alice.create_room()
    expect(made).accepted()
    expect(made.room, "the room").lacks("keyVersion")
    twin_room = await alice.create_room(encryptedRoomKey=filler(40))
    expect(twin_room).has("room.keyVersion", 1)


@check("ROOM-4")
async def joining_an_unknown_room_is_refused(bob: User, room: str) -> None:
    request = bob.joining(room)
    await refused_but_for(bob, request, lambda r: r.with_fields(roomId=unknown_room()))


@check("ROOM-4", wait="room_lifetime + grace_after")
async def joining_an_expired_room_is_refused(alice: User, carol: User, dave: User) -> None:
    made = given(await alice.create_room())
    given(await carol.join(made.room_id))
    await after("room_lifetime + grace_after")
    expect(await dave.join(made.room_id)).refused()


@check("ROOM-5")
async def a_join_raises_the_count_by_one(alice: User, carol: User, dave: User, room: str) -> None:
    for newcomer, count in ((carol, 2), (dave, 3)):
        answer = await newcomer.join(room)
        expect(answer).accepted().valid().has("room.participantCount", count)
        expect(await count_of(alice, room), "participantCount in the listing").equals(count)


@check("ROOM-6")
async def joining_twice_counts_once(alice: User, carol: User, room: str) -> None:
    expect(await carol.join(room)).accepted().has("room.participantCount", 2)
    expect(await carol.join(room)).accepted().has("room.participantCount", 2)
    expect(await count_of(alice, room), "participantCount in the listing").equals(2)


@check("ROOM-7")
async def a_leave_lowers_the_count_by_one(alice: User, bob: User, carol: User, room: str) -> None:
    given(await carol.join(room))
    given_that(await count_of(alice, room), "participantCount of three people's room").equals(3)
    expect(await carol.leave(room)).accepted()
    expect(await count_of(alice, room), "participantCount after one left").equals(2)
    expect(await bob.leave(room)).accepted()
    expect(await count_of(alice, room), "participantCount after two left").equals(1)


@check("ROOM-7")
async def the_broadcasters_leave_lowers_it_too(alice: User, bob: User, room: str) -> None:
    given_that(await count_of(bob, room), "participantCount of two people's room").equals(2)
    expect(await alice.leave(room)).accepted()
    expect(await count_of(bob, room), "participantCount after the broadcaster left").equals(1)


@check("ROOM-7")
async def the_count_never_falls_below_zero(alice: User, stranger: User, room: str) -> None:
    given_that(await count_of(alice, room), "participantCount of one person's room").equals(1)
    for _ in range(3):
        expect(await stranger.leave(room)).answered_below(500)
    count = await count_of(alice, room)
    expect(0 if count is None else count, "participantCount after three leaves (0: not listed)").at_least(0)


@check("ROOM-8")
async def a_room_left_by_all_is_gone(alice: User, bob: User, stranger: User, room: str) -> None:
    given(await alice.leave(room))
    given_that(await listed(bob, room), "the room, while bob is in it").differs(None)
    given(await bob.leave(room))
    expect(await listed(bob, room), "the room in the listing after all left").equals(None)
    expect(await stranger.join(room)).refused()


@check("ROOM-9")
async def leaving_a_room_one_never_joined_changes_nothing(
    alice: User, bob: User, stranger: User, room: str
) -> None:
    before = await listed(alice, room)
    given_that(before, "the room in the listing").differs(None)
    expect(await stranger.leave(room)).answered_below(500)
    expect(await changed(alice, room, before), "what a stranger's leave changed").equals({})
    given(await bob.leave(room))
    given_that(await changed(alice, room, before), "what bob's leave changed").differs({})


@check("ROOM-9")
async def leaving_a_second_time_changes_nothing(alice: User, bob: User, carol: User, room: str) -> None:
    given(await carol.join(room))
    given(await bob.leave(room))
    given_that(await count_of(alice, room), "participantCount after bob left").equals(2)
    expect(await bob.leave(room)).answered_below(500)
    expect(await count_of(alice, room), "participantCount after bob left twice").equals(2)


@check("ROOM-10")
async def the_listing_shows_the_newest_activity_first(alice: User, bob: User) -> None:
    rooms = []
    for _ in range(3):
        rooms.append(given(await alice.create_room()).room_id)
        await a_moment()
    given(await alice.heartbeat(rooms[0]))
    answer = await bob.list_rooms()
    expect(answer).accepted().valid()
    order = [room.get("roomId") for room in answer.rooms]
    mine = [room_id for room_id in order if room_id in rooms]
    expect(mine, "our rooms in the order listed").equals([rooms[0], rooms[2], rooms[1]])
    times = [room.get("lastActivity") for room in answer.rooms]
    falling = sorted((t for t in times if isinstance(t, int | float)), reverse=True)
    expect(times, "lastActivity in the order listed").equals(falling)


@check("ROOM-10", clock=True, extra=True)
async def an_idle_room_is_listed_until_the_window_ends(alice: User, bob: User, room: str) -> None:
    await after("listing_window - grace_before")
    expect(await listed(bob, room), "the room in the listing shortly before the window ends").differs(None)


@check("ROOM-11")
async def join_and_heartbeat_refresh_the_activity(alice: User, bob: User, carol: User, room: str) -> None:
    before: Any = (await listed(alice, room) or {}).get("lastActivity")
    given_that(before, "lastActivity in the listing").at_least(0)
    for step in (carol.join, bob.heartbeat, alice.heartbeat):
        await a_moment()
        given(await step(room))
        now = (await listed(alice, room) or {}).get("lastActivity")
        expect(now, "lastActivity after a join or a heartbeat").at_least(before + 1)
        before = now


@check("ROOM-11")
async def reading_does_not_refresh_the_activity(alice: User, bob: User, room: str, offer: str) -> None:
    given(await alice.send_offer(room, offer))
    before = (await listed(alice, room) or {}).get("lastActivity")
    given_that(before, "lastActivity in the listing").at_least(0)
    await a_moment()
    given(await bob.get_offer(room))
    await alice.get_answer(room)
    given(await bob.list_rooms())
    expect((await listed(alice, room) or {}).get("lastActivity"), "lastActivity after reading").equals(before)
    await a_moment()
    given(await bob.heartbeat(room))
    expect((await listed(alice, room) or {}).get("lastActivity"), "lastActivity after a heartbeat").differs(
        before
    )


@check("ROOM-12")
async def an_idle_room_is_not_listed_yet_can_be_joined(alice: User, carol: User, room: str) -> None:
    given_that(await listed(carol, room), "the new room in the listing").differs(None)
    await after("listing_window + grace_after")
    expect(await listed(carol, room), "the idle room in the listing").equals(None)
    expect(await carol.join(room)).accepted()


@check("ROOM-13")
async def a_room_idle_past_its_lifetime_is_gone(alice: User, carol: User, dave: User, room: str) -> None:
    given(await carol.join(room))
    await after("room_lifetime + grace_after")
    expect(await listed(alice, room), "the expired room in the listing").equals(None)
    expect(await dave.join(room)).refused()


@check("ROOM-13", clock=True, extra=True)
async def a_rooms_lifetime_begins_anew_with_a_write(alice: User, carol: User, room: str) -> None:
    await after("room_lifetime - grace_before")
    expect(await alice.heartbeat(room)).accepted()
    await after("grace_before + grace_after")
    expect(await carol.join(room)).accepted()


@check("ROOM-14")
async def a_heartbeat_for_an_unknown_room_is_refused(alice: User, room: str) -> None:
    request = alice.request("heartbeat", roomId=room)
    await refused_but_for(alice, request, lambda r: r.with_fields(roomId=unknown_room()))


@check("ROOM-15")
async def leaving_an_unknown_room_is_no_server_error(alice: User, room: str) -> None:
    await refused_but_for(alice, alice.leaving(room), lambda r: r.with_fields(roomId=unknown_room()))


@check("ROOM-16")
async def an_idle_room_is_listed_again_after_a_heartbeat(alice: User, bob: User, room: str) -> None:
    await after("listing_window + grace_after")
    given_that(await listed(bob, room), "the idle room in the listing").equals(None)
    given(await alice.heartbeat(room))
    expect(await listed(bob, room), "the room in the listing after a heartbeat").differs(None)


@check("ROOM-16")
async def an_idle_room_is_listed_again_after_a_join(alice: User, carol: User, dave: User, room: str) -> None:
    await after("listing_window + grace_after")
    given_that(await listed(dave, room), "the idle room in the listing").equals(None)
    given(await carol.join(room))
    expect(await listed(dave, room), "the room in the listing after a join").differs(None)

"""party: party rooms and invitations (PARTY-1 to PARTY-12)."""

from __future__ import annotations

from typing import Any

from conformance.cast import Cast
from conformance.checks.rooms import listed, unknown_room
from conformance.registry import check, each
from protocol.client import User
from protocol.marks import mark
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, refused_but_for, twin


async def parties(user: User, parent: str) -> list[dict[str, Any]]:
    """The party rooms that a user sees under a parent."""
    return given(await user.list_parties(parent)).rooms


def ids(rooms: list[dict[str, Any]]) -> list[Any]:
    return [room.get("roomId") for room in rooms]


@check("PARTY-1")
async def a_party_room_has_its_full_shape(alice: User, bob: User) -> None:
    parent = given(await alice.create_room()).room_id
    name = f"After hours {mark()}"
    answer = await alice.create_party(parentRoomId=parent, invitedUsers=[bob.id], customName=name)
    expect(answer).accepted().valid()
    expect(answer).has("room.createdBy", alice.id).has("room.isPartyRoom", True).has("room.isPublic", False)
    expect(answer).has("room.parentRoomId", parent).has("room.invitedUsers", [bob.id])
    expect(answer).has("room.participantCount", 1).has("room.customName", name)


@check("PARTY-1")
async def a_party_room_belongs_to_who_is_signed_in(alice: User, carol: User) -> None:
    answer = await alice.create_party(broadcasterId=carol.id)
    expect(answer).refused(200, 403)
    if answer.status == 200:
        expect(answer).has("room.createdBy", alice.id)
    expect(await alice.create_party()).has("room.createdBy", alice.id)


@check("PARTY-2")
async def a_party_room_is_listed_under_its_parent(alice: User, bob: User, room: str) -> None:
    made = given(await alice.create_party(parentRoomId=room))
    answer = await bob.list_parties(room)
    expect(answer).accepted().valid()
    expect(ids(answer.rooms), "the party rooms under the parent").equals([made.room_id])


@check("PARTY-3")
async def a_party_room_is_not_listed_under_another_parent(alice: User, bob: User, room: str) -> None:
    made = given(await alice.create_party(parentRoomId=room))
    other = given(await alice.create_room()).room_id
    expect(ids(await parties(bob, other)), "the party rooms under another room").equals([])
    given_that(ids(await parties(bob, room)), "the party rooms under the parent").equals([made.room_id])


@check("PARTY-4")
async def only_its_creator_invites(alice: User, bob: User, carol: User, party: str) -> None:
    given(await bob.join(party))
    for other in (bob, carol):
        expect(await other.invite(party, carol.id)).refused()
    invited = twin(await alice.invite(party, carol.id)).at("invitedUsers")
    given_that(invited, "invitedUsers after the creator's invitation").equals([bob.id, carol.id])


@check("PARTY-5")
async def invitations_merge_without_duplicates(
    alice: User, bob: User, carol: User, dave: User, party: str
) -> None:
    answer = await alice.invite(party, carol.id, bob.id, carol.id)
    expect(answer).accepted().valid().has("invitedUsers", [bob.id, carol.id])
    expect(await alice.invite(party, dave.id, bob.id)).has("invitedUsers", [bob.id, carol.id, dave.id])


@check("PARTY-5")
async def too_many_invitations_change_nothing(alice: User, bob: User, party: str, spec: Spec) -> None:
    schema = spec.operation("inviteToPartyRoom").request_schema or {}
    limit = schema["properties"]["userIds"]["maxItems"]
    guests = [f"guest-{number}" for number in range(limit)]
    expect(await alice.invite(party, *guests)).refused(400)
    answer = await alice.invite(party, *guests[: limit - 1])
    expect(answer).accepted().has("invitedUsers", [bob.id, *guests[: limit - 1]])


@check("PARTY-6")
async def inviting_to_an_unknown_room_is_refused(cast: Cast, alice: User, bob: User, party: str) -> None:
    path = cast.world.operations.path("inviteToPartyRoom", {"roomId": unknown_room()})
    await refused_but_for(alice, alice.inviting(party, bob.id), lambda r: r.with_path(path))


@check("PARTY-7")
async def only_the_invited_may_join(alice: User, bob: User, stranger: User, party: str) -> None:
    expect(await stranger.join(party)).refused()
    twin(await bob.join(party))
    given(await alice.invite(party, stranger.id))
    twin(await stranger.join(party))


@check("PARTY-7")
async def without_invitations_only_the_creator_may_join(alice: User, stranger: User) -> None:
    party = given(await alice.create_party()).room_id
    expect(await stranger.join(party)).refused()
    twin(await alice.join(party))


@check("PARTY-8")
async def a_party_room_is_not_in_the_public_listing(alice: User, bob: User, party: str, room: str) -> None:
    given_that(await listed(bob, room), "an ordinary room in the listing").differs(None)
    for user in (alice, bob):
        expect(await listed(user, party), "the party room in the public listing").equals(None)


@check("PARTY-9")
async def the_invited_are_shown_to_participants_only(
    alice: User, bob: User, stranger: User, room: str
) -> None:
    made = given(await alice.create_party(parentRoomId=room, invitedUsers=[bob.id]))

    async def seen_by(user: User) -> Any:
        shown = [party for party in await parties(user, room) if party.get("roomId") == made.room_id]
        given_that(len(shown), "the party rooms listed under the parent").equals(1)
        return shown[0].get("invitedUsers", [])

    expect(await seen_by(stranger), "invitedUsers as a stranger sees it").equals([])
    given_that(await seen_by(alice), "invitedUsers as the creator sees it").equals([bob.id])


async def never_a_server_error(answer: Answer) -> None:
    expect(answer).refused()
    if answer.status == 200:
        expect(answer).valid()
    if answer.status == 200 and answer.operation == "listPartyRooms":
        expect(ids(answer.rooms), "the party rooms under an unknown room").equals([])


@check("PARTY-10")
async def an_unknown_parent_lists_nothing(alice: User, room: str) -> None:
    await never_a_server_error(await alice.list_parties(unknown_room()))
    twin(await alice.list_parties(room))


@check("PARTY-10")
async def an_unknown_parent_makes_no_server_error(alice: User, room: str) -> None:
    await never_a_server_error(await alice.create_party(parentRoomId=unknown_room()))
    twin(await alice.create_party(parentRoomId=room))


@check("PARTY-11")
async def a_party_room_left_by_all_is_not_listed(alice: User, bob: User, room: str) -> None:
    made = given(await alice.create_party(parentRoomId=room, invitedUsers=[bob.id]))
    given(await bob.join(made.room_id))
    given(await alice.leave(made.room_id))
    given_that(ids(await parties(bob, room)), "the party rooms while bob is there").equals([made.room_id])
    given(await bob.leave(made.room_id))
    expect(ids(await parties(bob, room)), "the party rooms after all left").equals([])


@check("PARTY-12")
@each(lambda spec: [("inviteToPartyRoom", "inviteToPartyRoom")])
async def inviting_to_an_ordinary_room_is_refused(
    cast: Cast, alice: User, bob: User, room: str, party: str, case: str
) -> None:
    path = cast.world.operations.path(case, {"roomId": room})
    await refused_but_for(alice, alice.inviting(party, bob.id), lambda r: r.with_path(path))

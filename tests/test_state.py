"""Rooms and parties, with a clock of the test's own."""

from __future__ import annotations

import pytest
from server_kit import FakeClock

from reference_server.refusal import Forbidden, Invalid, NotFound
from reference_server.state import RoomRules, Rooms

LIFETIME, WINDOW = 3600, 300


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def rooms(clock: FakeClock, ended: list[str]) -> Rooms:
    return Rooms(clock, RoomRules(LIFETIME, WINDOW, 100, 5, "room_"), ended.append)


def party(rooms: Rooms, user: str = "alice", parent: str | None = None, *invited: str) -> str:
    return rooms.create(user, "Alice", party=True, public=False, parent=parent, invited=invited).id


def listed(rooms: Rooms) -> list[str]:
    return [room.id for room in rooms.listed()]


def test_a_new_room_has_its_creator_in_it(rooms: Rooms, clock: FakeClock) -> None:
    shown = rooms.create("alice", "Alice").shown_to("bob")
    assert shown == {
        "roomId": shown["roomId"],
        "broadcasterId": "alice",
        "broadcasterName": "Alice",
        "createdAt": "2023-11-14T22:13:20.000Z",
        "participantCount": 1,
        "isPublic": True,
        "lastActivity": clock.now_ms(),
    }


def test_ids_differ_and_start_as_the_spec_says(rooms: Rooms) -> None:
    ids = {rooms.create("alice", "Alice").id for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("room_") and len(one) == 37 for one in ids)


def test_optional_fields_come_back_and_a_key_has_a_version(rooms: Rooms) -> None:
    shown = rooms.create("a", "A", custom_name="Den", encrypted_room_key="k", key_hash="f" * 64).shown_to("b")
    assert (shown["customName"], shown["encryptedRoomKey"], shown["keyHash"]) == ("Den", "k", "f" * 64)
    assert shown["keyVersion"] == 1
    assert "keyVersion" not in rooms.create("a", "A", key_hash="f" * 64).shown_to("b")


def test_joining_counts_each_user_once(rooms: Rooms) -> None:
    room = rooms.create("alice", "Alice")
    for user in ("bob", "carol", "bob"):
        rooms.join(room.id, user)
    assert len(room.participants) == 3


def test_leaving_counts_down_and_the_last_one_ends_the_room(rooms: Rooms, ended: list[str]) -> None:
    room = rooms.create("alice", "Alice")
    rooms.join(room.id, "bob")
    assert rooms.leave(room.id, "alice")
    assert rooms.find(room.id).shown_to("bob")["participantCount"] == 1
    assert not rooms.leave(room.id, "alice")
    assert not rooms.leave(room.id, "stranger")
    assert rooms.find(room.id).shown_to("bob")["participantCount"] == 1
    assert ended == []
    assert rooms.leave(room.id, "bob")
    assert ended == [room.id]
    assert listed(rooms) == []
    with pytest.raises(NotFound):
        rooms.join(room.id, "alice")


def test_unknown_rooms_are_not_found(rooms: Rooms) -> None:
    for act in (rooms.join, rooms.heartbeat, rooms.leave, rooms.of_participant):
        with pytest.raises(NotFound):
            act("room_unknown", "alice")


def test_only_a_participant_keeps_a_room_alive(rooms: Rooms, clock: FakeClock) -> None:
    room = rooms.create("alice", "Alice")
    before = room.activity
    clock.time += 10
    with pytest.raises(Forbidden):
        rooms.heartbeat(room.id, "bob")
    assert room.activity == before
    rooms.heartbeat(room.id, "alice")
    assert room.activity == before + 10_000


def test_the_listing_is_newest_activity_first(rooms: Rooms, clock: FakeClock) -> None:
    first, second, third = (rooms.create("alice", "Alice").id for _ in range(3))
    assert listed(rooms) == [third, second, first]
    clock.time += 1
    rooms.heartbeat(first, "alice")
    clock.time += 1
    rooms.join(second, "bob")
    assert listed(rooms) == [second, first, third]


def test_an_idle_room_is_not_listed_yet_lives_and_is_listed_again(rooms: Rooms, clock: FakeClock) -> None:
    one, two = rooms.create("alice", "Alice").id, rooms.create("bob", "Bob").id
    clock.time += WINDOW
    assert listed(rooms) == [two, one]
    clock.time += 1
    assert listed(rooms) == []
    rooms.join(one, "carol")
    assert listed(rooms) == [one]
    rooms.heartbeat(two, "bob")
    assert listed(rooms) == [two, one]


def test_reading_is_no_activity(rooms: Rooms, clock: FakeClock) -> None:
    room = rooms.create("alice", "Alice")
    before = room.activity, room.written
    clock.time += 5
    rooms.find(room.id)
    rooms.listed()
    rooms.of_participant(room.id, "alice")
    assert (room.activity, room.written) == before


def test_a_room_ends_when_nobody_writes_for_its_lifetime(
    rooms: Rooms, clock: FakeClock, ended: list[str]
) -> None:
    room = rooms.create("alice", "Alice")
    clock.time += LIFETIME - 1
    rooms.join(room.id, "bob")
    clock.time += LIFETIME - 1
    rooms.wrote(rooms.of_participant(room.id, "bob"))
    clock.time += LIFETIME - 1
    assert rooms.find(room.id) is room
    clock.time += 1
    with pytest.raises(NotFound):
        rooms.find(room.id)
    assert ended == [room.id]


def test_unlisted_rooms_are_never_listed(rooms: Rooms) -> None:
    rooms.create("alice", "Alice", public=False)
    party(rooms)
    assert listed(rooms) == []


def test_ended_rooms_leave_no_memory_behind(rooms: Rooms, clock: FakeClock, ended: list[str]) -> None:
    for number in range(500):
        parent = rooms.create(f"user{number}", "Name").id
        party(rooms, f"user{number}", parent)
    clock.time += LIFETIME
    for number in range(100):
        rooms.create(f"later{number}", "Name")
    assert len(ended) == 1000
    assert len(rooms) == 100
    assert rooms._parties == {}


# -- anonymous rooms


def test_an_anonymous_room_names_its_creator_to_nobody_else(rooms: Rooms) -> None:
    room = rooms.create("alice", "Alice", anonymous=True)
    rooms.join(room.id, "bob")
    for user in ("bob", "stranger"):
        shown = room.shown_to(user)
        assert shown["anonymous"] is True
        assert not {"broadcasterId", "broadcasterName", "createdBy"} & shown.keys()
    assert room.shown_to("alice")["broadcasterId"] == "alice"


def test_pseudonyms_hold_for_one_room_only(rooms: Rooms) -> None:
    one, two = (rooms.create("alice", "Alice", anonymous=True) for _ in range(2))
    assert one.sender_shown("bob") == one.sender_shown("bob") != one.sender_shown("carol")
    assert one.sender_shown("bob") != two.sender_shown("bob")
    assert "bob" not in one.sender_shown("bob")
    assert rooms.create("alice", "Alice").sender_shown("bob") == "bob"


def test_a_party_below_an_anonymous_room_is_anonymous_too(rooms: Rooms) -> None:
    parent = rooms.create("alice", "Alice", anonymous=True)
    shown = rooms.find(party(rooms, "alice", parent.id, "bob")).shown_to("bob")
    assert not {"broadcasterId", "broadcasterName", "createdBy"} & shown.keys()


# -- parties


def test_a_party_room_shows_its_invited_to_participants_only(rooms: Rooms) -> None:
    parent = rooms.create("alice", "Alice").id
    room = rooms.find(party(rooms, "alice", parent, "bob", "carol", "bob"))
    shown = room.shown_to("alice")
    assert (shown["isPartyRoom"], shown["isPublic"]) == (True, False)
    assert (shown["parentRoomId"], shown["createdBy"]) == (parent, "alice")
    assert shown["invitedUsers"] == ["bob", "carol"]
    assert "invitedUsers" not in room.shown_to("bob")
    rooms.join(room.id, "bob")
    assert room.shown_to("bob")["invitedUsers"] == ["bob", "carol"]


def test_only_the_invited_and_the_creator_join_a_party(rooms: Rooms) -> None:
    alone, invited = party(rooms), party(rooms, "alice", None, "bob")
    for room in (alone, invited):
        with pytest.raises(Forbidden):
            rooms.join(room, "stranger")
    rooms.join(invited, "bob")
    rooms.leave(invited, "alice")
    rooms.join(invited, "alice")


def test_invitations_merge_first_invited_first(rooms: Rooms) -> None:
    room = party(rooms, "alice", None, "bob")
    assert list(rooms.invite(room, "alice", ["carol", "bob", "dan"]).invited) == ["bob", "carol", "dan"]


def test_too_many_invited_change_nothing(rooms: Rooms) -> None:
    room = party(rooms, "alice", None, "a", "b", "c")
    with pytest.raises(Invalid):
        rooms.invite(room, "alice", ["d", "e", "f"])
    assert list(rooms.find(room).invited) == ["a", "b", "c"]
    assert len(rooms.invite(room, "alice", ["a", "d", "e"]).invited) == 5


def test_only_the_creator_invites_and_only_to_a_party(rooms: Rooms) -> None:
    room = party(rooms, "alice", None, "bob")
    rooms.join(room, "bob")
    with pytest.raises(Forbidden):
        rooms.invite(room, "bob", ["carol"])
    with pytest.raises(Forbidden):
        rooms.invite(rooms.create("alice", "Alice").id, "alice", ["carol"])
    with pytest.raises(NotFound):
        rooms.invite("room_unknown", "alice", ["carol"])


def test_parties_are_listed_under_their_parent_alone(rooms: Rooms, clock: FakeClock) -> None:
    parent, other = (rooms.create("alice", "Alice").id for _ in range(2))
    one, two = party(rooms, "alice", parent), party(rooms, "bob", parent)
    party(rooms, "alice", other)
    assert [room.id for room in rooms.parties_below(parent)] == [two, one]
    assert rooms.parties_below("room_unknown") == []
    rooms.leave(two, "bob")
    assert [room.id for room in rooms.parties_below(parent)] == [one]
    clock.time += WINDOW + 1
    assert rooms.parties_below(parent) == []
    rooms.heartbeat(one, "alice")
    assert [room.id for room in rooms.parties_below(parent)] == [one]


def test_a_party_needs_a_parent_that_is_there(rooms: Rooms) -> None:
    with pytest.raises(NotFound):
        party(rooms, "alice", "room_unknown")
    assert len(rooms) == 0

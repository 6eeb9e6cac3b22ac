"""The lobby: what an answer may show of a room, whoever comes and goes at the same time."""

from __future__ import annotations

from typing import Any

import pytest
from report_kit import SPEC

from load.lobby import CROWD, Kind, Lobby, Room
from load.people import chance
from load.sending import Reply, Wrong


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lobby(clock: Clock) -> Lobby:
    return Lobby(SPEC, clock)


@pytest.fixture
def room(lobby: Lobby) -> Room:
    return lobby.opened("room_1", "alice")


def replied(status: int = 200, body: Any = None) -> Reply:
    reply = Reply("an operation", 0.0)
    reply.status, reply.body = status, body
    return reply


def requirement(wrong: Wrong | None) -> str | None:
    return None if wrong is None else wrong.requirement


def join(lobby: Lobby, room: Room, shown: int) -> str | None:
    move = lobby.moving(room, +1)
    wrong = lobby.joined(room, move, shown)
    lobby.moved(room, move, good=True)
    return requirement(wrong)


def leave(lobby: Lobby, room: Room) -> None:
    lobby.moved(room, lobby.moving(room, -1), good=True)


def listed(lobby: Lobby, room: Room, *rooms: dict[str, Any]) -> str | None:
    check = lobby.listing(room, chance(1))
    return requirement(check(replied(body={"rooms": list(rooms)})))


def test_a_join_alone_shows_one_more(lobby: Lobby, room: Room) -> None:
    assert join(lobby, room, 2) is None
    assert join(lobby, room, 3) is None
    assert join(lobby, room, 3) == "ROOM-5"
    assert join(lobby, room, 99) is None  # said once: the room is judged no further


def test_a_leave_that_does_not_count_is_a_leaves_fault(lobby: Lobby, room: Room) -> None:
    assert join(lobby, room, 2) is None
    leave(lobby, room)
    assert listed(lobby, room, {"roomId": "room_1", "participantCount": 2}) == "ROOM-7"


@pytest.mark.parametrize(("shown", "whose"), [(2, None), (3, None), (1, "CONC-2"), (4, "CONC-2")])
def test_two_joins_at_once_show_either_order(lobby: Lobby, room: Room, shown: int, whose: str | None) -> None:
    one, other = lobby.moving(room, +1), lobby.moving(room, +1)
    assert requirement(lobby.joined(room, one, shown)) == whose
    lobby.moved(room, one, good=True)
    lobby.moved(room, other, good=True)


def test_joins_at_once_that_lost_one_show_in_the_listing(lobby: Lobby, room: Room) -> None:
    one, other = lobby.moving(room, +1), lobby.moving(room, +1)
    for move, shown in ((one, 2), (other, 3)):
        assert lobby.joined(room, move, shown) is None
        lobby.moved(room, move, good=True)
    assert listed(lobby, room, {"roomId": "room_1", "participantCount": 2}) == "CONC-2"


@pytest.mark.parametrize(("shown", "whose"), [(1, None), (2, None), (0, "CONC-4"), (3, "CONC-4")])
def test_a_join_beside_a_leave(lobby: Lobby, room: Room, shown: int, whose: str | None) -> None:
    join(lobby, room, 2)
    going, coming = lobby.moving(room, -1), lobby.moving(room, +1)
    lobby.moved(room, going, good=True)
    found = requirement(lobby.joined(room, coming, shown + 1))
    assert found == whose


def test_a_count_is_not_judged_while_somebody_comes(lobby: Lobby, room: Room) -> None:
    check = lobby.listing(room, chance(1))
    lobby.moved(room, lobby.moving(room, +1), good=True)
    assert check(replied(body={"rooms": [{"roomId": "room_1", "participantCount": 1}]})) is None


def test_a_request_without_an_answer_makes_the_room_doubtful(lobby: Lobby, room: Room) -> None:
    lobby.moved(room, lobby.moving(room, +1), good=False)
    assert join(lobby, room, 77) is None
    assert listed(lobby, room) is None


def test_a_room_that_is_missing(lobby: Lobby, room: Room, clock: Clock) -> None:
    assert listed(lobby, room) == "CONC-3"
    clock.now += 60
    assert listed(lobby, room) == "ROOM-10"
    clock.now += SPEC.timings["listing_window"]
    assert listed(lobby, room) is None


def test_a_room_that_is_over_stays_away(lobby: Lobby, room: Room) -> None:
    other = lobby.opened("room_2", "alice")
    lobby.closed(room)
    leave(lobby, room)
    shown = {"roomId": "room_2", "participantCount": 1}
    assert listed(lobby, other, shown) is None
    assert listed(lobby, other, shown, {"roomId": "room_1", "participantCount": 0}) == "ROOM-8"


def post(lobby: Lobby, room: Room, text: str, kind: Kind = "offer", sender: str = "alice") -> None:
    lobby.posted(lobby.post(room, kind, text, sender), good=True)


def read(
    lobby: Lobby, room: Room, text: str | None, kind: Kind = "offer", sender: str = "alice"
) -> str | None:
    check = lobby.reading(room, kind, "bob" if kind == "offer" else "alice")
    body = {kind: text, "fromUserId": sender}
    return requirement(check(replied(404) if text is None else replied(body=body)))


@pytest.mark.parametrize(("kind", "sender", "once", "newest", "missing"), [
    ("offer", "alice", "MBOX-2", "MBOX-7", "MBOX-6"), ("answer", "bob", "MBOX-3", "MBOX-15", "MBOX-3"),
])  # fmt: skip
def test_mail(
    lobby: Lobby, room: Room, clock: Clock, kind: Kind, sender: str, once: str, newest: str, missing: str
) -> None:
    assert read(lobby, room, None, kind) is None
    post(lobby, room, "one", kind, sender)
    assert read(lobby, room, "one", kind, sender) is None
    assert read(lobby, room, None, kind) is None
    assert read(lobby, room, "one", kind, sender) == once
    post(lobby, room, "two", kind, sender)
    post(lobby, room, "three", kind, sender)
    assert read(lobby, room, "two", kind, sender) == newest
    assert read(lobby, room, "three", kind, sender) is None
    post(lobby, room, "four", kind, sender)
    assert read(lobby, room, None, kind) == missing
    assert read(lobby, room, None, kind) is None  # said once
    post(lobby, room, "five", kind, sender)
    clock.now += SPEC.timings[f"{kind}_lifetime"] - SPEC.timings["grace_before"]
    assert read(lobby, room, None, kind) is None


def test_mail_of_another_room_and_of_nobody(lobby: Lobby, room: Room) -> None:
    other = lobby.opened("room_2", "carol")
    post(lobby, other, "theirs", sender="carol")
    assert read(lobby, room, "theirs", sender="carol") == "MBOX-8"
    assert read(lobby, room, "nobody's") == "MBOX-1"
    post(lobby, room, "mine")
    assert read(lobby, room, "mine", sender="mallory") == "MBOX-1"


def test_a_read_beside_a_post_may_bring_either(lobby: Lobby, room: Room) -> None:
    post(lobby, room, "one")
    check = lobby.reading(room, "offer", "bob")
    post(lobby, room, "two")
    assert check(replied(body={"offer": "one", "fromUserId": "alice"})) is None


def test_one_visitor_after_the_other_has_its_turn(lobby: Lobby, room: Room) -> None:
    first, second, third = (lobby.arrive(room, name) for name in ("bob", "carol", "dave"))
    assert [one.turn.is_set() for one in (first, second, third)] == [True, False, False]
    lobby.finish(room, second)
    lobby.finish(room, first)
    assert third.turn.is_set() and not third.over
    lobby.closed(room)
    assert third.over and third.connected.is_set()
    assert lobby.arrive(room, "eve").over


def test_a_room_has_so_many_places(lobby: Lobby, room: Room) -> None:
    luck = chance(7)
    assert [lobby.choose(luck) for _ in range(CROWD + 1)] == [room] * CROWD + [None]
    lobby.gone(room)
    assert lobby.choose(luck) is room


def test_knocks_are_heard_once_and_from_who_is_here(lobby: Lobby, room: Room) -> None:
    heard: dict[str, int] = {}
    lobby.knocked(room, "bob")
    assert lobby.heard(room, "bob", heard) is None
    assert requirement(lobby.heard(room, "bob", heard)) == "ICE-5"
    assert requirement(lobby.heard(room, "mallory", heard)) == "ICE-5"

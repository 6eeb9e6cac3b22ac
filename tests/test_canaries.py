"""Canaries: what a user sent is known again wherever it turns up, and only there where it does not belong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_kit import SPEC

from conformance.canaries import OPAQUE_MOST, Canaries
from conformance.things import filler, host_candidate, relay_candidate, sdp
from protocol import tokens
from protocol.client import Lane, User
from protocol.marks import mark, marks_in
from protocol.operations import Answer, Operations, Request, encode
from protocol.transcript import Redactor

ROOM, OTHER = "room_Ab_9", "room_b"
SIGNER = tokens.SecretSigner(b"a secret of the tests, long enough for HS256")


def user(name: str) -> User:
    lane = Lane(SPEC, Operations(SPEC), None, None, Redactor(), "ROOM-1 a#1")  # type: ignore[arg-type]
    token = SIGNER.sign(tokens.claims(SPEC, name))
    return User(lane, name, name, f"{name} {mark()}", token, "a csrf word")


@pytest.fixture
def people() -> tuple[Canaries, User, User, User]:
    """alice and bob are in ROOM, which is not listed; stranger is in none."""
    canaries = Canaries(SPEC)
    alice, bob, stranger = user("alice"), user("bob"), user("stranger")
    exchange(canaries, alice, alice.creating(isPublic=False), {"room": {"roomId": ROOM}})
    exchange(canaries, bob, bob.joining(ROOM), {"room": {"roomId": ROOM}})
    return canaries, alice, bob, stranger


def exchange(
    canaries: Canaries,
    who: User,
    request: Request,
    body: Any,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = (),
) -> str | None:
    canaries.sending(who, request)
    answer = Answer(request.operation, status, headers, encode(body), body)
    return canaries.answered(who, request, answer)


def test_everything_that_is_sent_carries_a_mark_of_its_own() -> None:
    for make in (sdp, relay_candidate, lambda: host_candidate("10.0.0.1"), lambda: filler(40), mark):
        assert marks_in(make().encode()) != marks_in(make().encode())
        assert len(marks_in(make().encode())) == 1
    assert len(filler(5)) == 5 and len(filler(300)) == 300
    claims = tokens.claims(SPEC, "alice")
    assert len(marks_in(json.dumps(claims).encode())) == 1


def test_mail_reaches_its_room_and_nobody_complains(people: Any) -> None:
    canaries, alice, bob, _ = people
    offer = sdp()
    assert exchange(canaries, alice, alice.offering(ROOM, offer), {"success": True}) is None
    reading = bob.request("getOffer", params={"roomId": ROOM})
    assert exchange(canaries, bob, reading, {"success": True, "offer": offer}) is None


def test_who_may_read_the_mail_is_not_asked_here(people: Any) -> None:
    """MBOX-12 is a SHOULD: a server may hand the mail of a room to anybody with a token who asks for it."""
    canaries, alice, _, stranger = people
    offer = sdp()
    exchange(canaries, alice, alice.offering(ROOM, offer), {"success": True})
    reading = stranger.request("getOffer", params={"roomId": ROOM})
    assert exchange(canaries, stranger, reading, {"offer": offer}) is None
    anybody = stranger.without_token()
    told = exchange(canaries, anybody, anybody.request("getOffer", params={"roomId": ROOM}), {"offer": offer})
    assert told is not None and " tells nobody in particular, who is not in its room, " in told


@pytest.mark.parametrize("where", ["body", "header", "error", "other mail"])
def test_mail_that_turns_up_elsewhere_is_a_stray(where: str, people: Any) -> None:
    canaries, alice, _, stranger = people
    offer = sdp()
    exchange(canaries, alice, alice.offering(ROOM, offer), {"success": True})
    (name,) = marks_in(offer.encode())
    if where == "body":
        told = exchange(canaries, stranger, stranger.request("listRooms"), {"rooms": [{"note": name}]})
    elif where == "header":
        request = stranger.request("health")
        told = exchange(canaries, stranger, request, {}, headers=(("X-Last", f"offer {name}"),))
    elif where == "error":
        request = stranger.request("heartbeat", roomId=ROOM)
        told = exchange(canaries, stranger, request, {"error": f"cannot beat {name}"}, 500)
    else:
        request = stranger.request("getOffer", params={"roomId": OTHER})
        told = exchange(canaries, stranger, request, {"offer": offer})
    assert told is not None
    assert told.endswith("tells stranger, who is not in its room, what stood in alice's sendOffer")


def test_what_one_sends_oneself_may_come_back(people: Any) -> None:
    canaries, _, _, stranger = people
    request = stranger.offering(ROOM, offer := sdp())
    assert exchange(canaries, stranger, request, {"error": f"not yours: {offer}"}, 403) is None
    # By another sign-in it is the same text in the same request.
    nobody = stranger.without_token()
    assert exchange(canaries, nobody, nobody.offering(ROOM, offer), {"error": offer}, 401) is None


def test_the_room_fields_of_a_public_room_are_for_everybody() -> None:
    canaries, alice, stranger = Canaries(SPEC), user("alice"), user("stranger")
    fields = {"customName": f"Tea {mark()}", "encryptedRoomKey": filler(40)}
    exchange(canaries, alice, alice.creating(**fields), {"room": {"roomId": ROOM}})
    shown = {"rooms": [{"roomId": ROOM, "broadcasterName": alice.name, **fields}]}
    assert exchange(canaries, stranger, stranger.request("listRooms"), shown) is None


def test_those_of_a_party_room_are_for_everybody_who_asks_below_its_parent() -> None:
    canaries, alice, stranger = Canaries(SPEC), user("alice"), user("stranger")
    name = f"Tea {mark()}"
    request = alice.request("createPartyRoom", broadcasterName=alice.name, customName=name, isPublic=False)
    exchange(canaries, alice, request, {"room": {"roomId": ROOM}})
    listing = stranger.request("listPartyRooms", params={"roomId": OTHER})
    assert exchange(canaries, stranger, listing, {"rooms": [{"customName": name}]}) is None


@pytest.mark.parametrize("field", ["customName", "encryptedRoomKey"])
def test_those_of_an_unlisted_room_are_not(field: str) -> None:
    canaries, alice, stranger = Canaries(SPEC), user("alice"), user("stranger")
    value = filler(40)
    exchange(canaries, alice, alice.creating(isPublic=False, **{field: value}), {"room": {"roomId": ROOM}})
    told = exchange(canaries, stranger, stranger.request("listRooms"), {"rooms": [{field: value}]})
    assert told is not None and "alice's createRoom" in told


def test_the_maker_of_an_anonymous_room_stays_unnamed() -> None:
    canaries, alice, stranger = Canaries(SPEC), user("alice"), user("stranger")
    request = alice.creating(anonymous=True, customName=f"Tea {mark()}")
    exchange(canaries, alice, request, {"room": {"roomId": ROOM}})
    listing = stranger.request("listRooms")
    known = {"rooms": [{"customName": request.fields["customName"]}]}
    assert exchange(canaries, stranger, listing, known) is None
    assert exchange(canaries, stranger, listing, {"rooms": [{"broadcasterName": alice.name}]}) is not None


def test_a_token_is_nobody_elses(people: Any) -> None:
    canaries, alice, bob, _ = people
    exchange(canaries, alice, alice.request("health"), {})
    told = exchange(canaries, bob, bob.request("heartbeat", roomId=ROOM), {"debug": alice.token})
    assert told is not None and told.endswith("alice's token")
    claims = tokens.peek(alice.token)[1]
    told = exchange(canaries, bob, bob.request("heartbeat", roomId=ROOM), {"debug": claims})
    assert told is not None and told.endswith("alice's token id")


def test_an_opaque_token_is_known_again_too() -> None:
    canaries, bob = Canaries(SPEC), user("bob")
    alice = user("alice").with_token("opaque-token-of-alice")
    exchange(canaries, alice, alice.request("health"), {})
    assert exchange(canaries, bob, bob.request("health"), {"last": "opaque-token-of-alice"}) is not None


def test_so_many_opaque_tokens_are_looked_for_and_no_more() -> None:
    canaries, bob = Canaries(SPEC), user("bob")
    for number in range(OPAQUE_MOST + 1):
        alice = user("alice").with_token(f"opaque-token-{number:03}")
        exchange(canaries, alice, alice.request("health"), {})
    last, beyond = f"opaque-token-{OPAQUE_MOST - 1:03}", f"opaque-token-{OPAQUE_MOST:03}"
    assert exchange(canaries, bob, bob.request("health"), {"last": last}) is not None
    assert exchange(canaries, bob, bob.request("health"), {"last": beyond}) is None


def test_a_sealed_answer_is_searched_where_it_was_opened(people: Any) -> None:
    canaries, alice, _, stranger = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    request = stranger.request("listRooms")
    sealed = {"data": "AAAA"}
    answer = Answer(request.operation, 200, (), encode(sealed), {"rooms": [{"note": offer}]}, envelope=sealed)
    assert canaries.answered(stranger, request, answer) is not None


def test_the_log_is_searched(people: Any, tmp_path: Path) -> None:
    canaries, alice, bob, _ = people
    public = f"Tea {mark()}"
    exchange(canaries, alice, alice.creating(customName=public), {"room": {"roomId": OTHER}})
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    log = tmp_path / "server.log"
    token_id = tokens.peek(bob.token)[1]["jti"]
    log.write_text(f"made {public}\ntoken {token_id} of bob\n{mark()}\n", encoding="utf-8")
    assert canaries.in_log(log) is None
    log.write_text(f"{log.read_text(encoding='utf-8')}got {offer}\n", encoding="utf-8")
    assert canaries.in_log(log) == "the target's log holds what stood in alice's sendOffer"
    exchange(canaries, bob, bob.request("health"), {})
    log.write_text(f"{log.read_text(encoding='utf-8')}Authorization: Bearer {bob.token}\n", encoding="utf-8")
    assert str(canaries.in_log(log)).endswith("alice's sendOffer, and 1 more such texts")


@pytest.mark.parametrize("first", [True, False])
def test_of_a_name_that_comes_twice_a_server_may_show_either_value(first: bool) -> None:
    canaries, alice, bob = Canaries(SPEC), user("alice"), user("bob")
    values = [f"Tea {mark()}", f"Tea {mark()}"]
    body = encode(alice.creating().fields)[:-1]
    for value in values:
        body += b',"customName":' + encode(value)
    exchange(canaries, alice, alice.creating().with_body(body + b"}"), {"room": {"roomId": ROOM}})
    shown = {"rooms": [{"customName": values[0 if first else 1]}]}
    assert exchange(canaries, bob, bob.request("listRooms"), shown) is None


def test_what_a_lenient_server_reads_in_a_broken_body_is_no_secret() -> None:
    canaries, alice, bob = Canaries(SPEC), user("alice"), user("bob")
    broken = alice.creating().with_body(encode(alice.creating().fields)[:-1] + b",}")
    exchange(canaries, alice, broken, {"room": {"roomId": ROOM}})
    assert exchange(canaries, bob, bob.request("listRooms"), {"rooms": [{"a": alice.name}]}) is None


def test_of_two_people_of_one_name_it_is_said_that_there_are_two() -> None:
    canaries, alice, other = Canaries(SPEC), user("alice"), replace(user("carol"), actor="alice")
    exchange(canaries, alice, alice.creating(isPublic=False), {"room": {"roomId": ROOM}})
    told = exchange(canaries, other, other.request("listRooms"), {"rooms": [{"a": alice.name}]})
    assert told is not None and told.endswith(
        "tells alice, who is not in its room, what stood in another alice's createRoom"
    )


def test_a_body_that_is_no_object_is_no_obstacle() -> None:
    canaries, alice = Canaries(SPEC), user("alice")
    name = mark().encode()
    for body in (b'[["' + name + b'"]]', b"[" * 20000 + name, b"\xff" + name):
        request = alice.creating().with_body(body)
        canaries.sending(alice, request)
        assert canaries.answered(alice, request, Answer("createRoom", 400, (), body, None)) is None


def test_who_is_in_the_room_may_be_told_in_any_answer(people: Any) -> None:
    canaries, alice, bob, _ = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    beat = bob.request("heartbeat", roomId=ROOM)
    assert exchange(canaries, bob, beat, {"offer": offer}) is None
    assert exchange(canaries, alice, alice.request("listRooms"), {"offer": offer}) is None


def test_mail_of_a_room_that_nobody_is_known_to_be_in_is_not_for_a_stranger(people: Any) -> None:
    canaries, alice, _, stranger = people
    exchange(canaries, alice, alice.offering("room_unknown", offer := sdp()), {"error": "none"}, 404)
    assert exchange(canaries, alice, alice.request("listRooms"), {"last": offer}) is None
    assert exchange(canaries, stranger, stranger.request("listRooms"), {"last": offer}) is not None


def test_what_a_header_said_may_come_back_whatever_is_in_it(people: Any) -> None:
    canaries, alice, _, stranger = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    (name,) = marks_in(offer.encode())
    nobody = stranger.without_token()
    request = replace(nobody.request("listRooms"), headers=(("X-Odd", "\ud800"), ("X-Echo", name)))
    assert exchange(canaries, nobody, request, {"you said": name}, 400) is None


def test_of_a_long_log_the_newest_part_is_searched(
    people: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries, alice, _, _ = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    (name,) = marks_in(offer.encode())
    monkeypatch.setattr("conformance.canaries.SEARCHED_LOG", 100)
    log = tmp_path / "server.log"
    for text, found in (
        (name, True),
        (name + "x" * (100 - len(name)), True),
        (name + "x" * (101 - len(name)), False),
        ("x" * 500 + name, True),
    ):
        log.write_text(text, encoding="utf-8")
        assert (canaries.in_log(log) is not None) == found, len(text)


def test_what_was_sent_in_two_rooms_is_for_both(people: Any) -> None:
    canaries, alice, bob, stranger = people
    offer = sdp()
    for room in (ROOM, OTHER):
        exchange(canaries, alice, alice.offering(room, offer), {"success": True})
    assert exchange(canaries, bob, bob.request("listRooms"), {"last": offer}) is None
    assert exchange(canaries, stranger, stranger.request("listRooms"), {"last": offer}) is not None


def test_what_was_shown_to_all_once_stays_so() -> None:
    canaries, alice, stranger = Canaries(SPEC), user("alice"), user("stranger")
    name, other = f"Tea {mark()}", f"Tea {mark()}"
    for shown in (name, other):
        exchange(canaries, alice, alice.creating(customName=shown), {"room": {"roomId": ROOM}})
    exchange(canaries, alice, alice.request("joinRoom", roomId=ROOM, userName=name), {"success": True})
    assert exchange(canaries, stranger, stranger.request("listRooms"), {"rooms": [name, other]}) is None


def test_what_a_room_was_made_with_is_for_those_who_join_it() -> None:
    canaries, alice, bob = Canaries(SPEC), user("alice"), user("bob")
    name = f"Tea {mark()}"
    exchange(canaries, alice, alice.creating(isPublic=False, customName=name), {"room": {"roomId": ROOM}})
    told = {"room": {"roomId": ROOM, "customName": name}}
    assert exchange(canaries, bob, bob.request("heartbeat", roomId=ROOM), told) is not None
    assert exchange(canaries, bob, bob.joining(ROOM), told) is None


def test_who_was_refused_is_not_in_the_room(people: Any) -> None:
    canaries, alice, _, stranger = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    room = {"room": {"roomId": ROOM}}
    exchange(canaries, stranger, stranger.joining(ROOM), room, 403)
    exchange(canaries, stranger, stranger.request("heartbeat", roomId=ROOM), room)
    assert exchange(canaries, stranger, stranger.request("listRooms"), {"last": offer}) is not None


def test_ones_own_token_may_come_back_and_its_claims(people: Any) -> None:
    canaries, alice, _, _ = people
    told = {"token": alice.token, "claims": tokens.peek(alice.token)[1]}
    assert exchange(canaries, alice, alice.request("health"), told) is None


def test_an_earlier_token_of_ones_own_may_come_back_too() -> None:
    canaries, alice = Canaries(SPEC), user("alice")
    exchange(canaries, alice, alice.request("health"), {})
    renewed = alice.with_token("another token of alice")
    assert exchange(canaries, renewed, renewed.request("health"), {"last": alice.token}) is None


def test_a_token_that_was_not_sent_is_not_looked_for() -> None:
    canaries, alice, bob = Canaries(SPEC), user("alice"), user("bob")
    nobody = alice.without_token()
    exchange(canaries, nobody, nobody.request("health"), {})
    answer = Answer("health", 200, (), b"last: " + alice.token.partition(".")[2].encode(), None)
    assert canaries.answered(bob, bob.request("health"), answer) is None
    assert canaries.answered(bob, bob.request("health"), replace(answer, raw=alice.token.encode())) is None


@pytest.mark.parametrize(
    ("token", "looked_for"), [("opaque7", False), ("opaque-8", True), ("opaque-\udc80-token", True)]
)
def test_a_token_that_would_be_found_everywhere_is_not_looked_for(token: str, looked_for: bool) -> None:
    canaries, bob = Canaries(SPEC), user("bob")
    alice = user("alice").with_token(token)
    exchange(canaries, alice, alice.request("health"), {})
    request = bob.request("health")
    answer = Answer("health", 200, (), b"last: " + token.encode(errors="surrogateescape"), None)
    assert (canaries.answered(bob, request, answer) is not None) == looked_for


@pytest.mark.parametrize("raw", ["no JSON, but {}", '{{"a": "{}", "a": 1}}'])
def test_what_came_is_searched_as_it_came(raw: str, people: Any) -> None:
    """Not only what a parser makes of it: the second of two members of one name hides the first."""
    canaries, alice, _, stranger = people
    exchange(canaries, alice, alice.offering(ROOM, offer := sdp()), {"success": True})
    (name,) = marks_in(offer.encode())
    headers = (("X-Odd", "\ud800"),)
    answer = Answer("listRooms", 200, headers, raw.format(name).encode(), {"a": 1} if "{{" in raw else None)
    assert canaries.answered(stranger, stranger.request("listRooms"), answer) is not None

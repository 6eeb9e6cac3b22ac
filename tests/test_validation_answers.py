"""The compiled validators against the answers of protocol section 3: rooms, ICE servers, errors."""

from typing import Any

import pytest

from protocol import spec as specs
from protocol import validation
from protocol.validation import Problem

SPEC = specs.load()

ROOM_BODY = {
    "roomId": "room_1a",
    "broadcasterId": "cust_a",
    "broadcasterName": "Alice",
    "createdAt": "2025-01-01T00:00:00.000Z",
    "lastActivity": 1735689600000,
    "participantCount": 1,
    "isPublic": True,
}
PARTY_BODY = {**ROOM_BODY, "isPublic": False, "isPartyRoom": True, "createdBy": "cust_a", "invitedUsers": []}


def _without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in names}


@pytest.mark.parametrize("missing", ROOM_BODY)
def test_a_room_has_every_required_field(missing: str) -> None:
    validator = validation.response_validator(SPEC, "createRoom")
    assert validator.problems({"success": True, "room": ROOM_BODY}) == []
    problems = validator.problems({"success": True, "room": _without(ROOM_BODY, missing)})
    assert problems == [Problem(f"room.{missing}", "is missing")]


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({"createdAt": "2025-01-01T00:00:00+01:00"}, "room.createdAt"),
        ({"createdAt": "yesterday"}, "room.createdAt"),
        ({"createdAt": 1735689600000}, "room.createdAt"),
        ({"lastActivity": "2025-01-01T00:00:00Z"}, "room.lastActivity"),
        ({"lastActivity": 1.5}, "room.lastActivity"),
        ({"participantCount": -1}, "room.participantCount"),
        ({"isPublic": 1}, "room.isPublic"),
        ({"anonymous": "true"}, "room.anonymous"),
        ({"isPartyRoom": True, "createdBy": "cust_a"}, "room.isPublic"),
    ],
)
def test_a_room_is_typed(edit: dict[str, Any], path: str) -> None:
    validator = validation.response_validator(SPEC, "joinRoom")
    assert {p.path for p in validator.problems({"success": True, "room": {**ROOM_BODY, **edit}})} == {path}


def test_only_an_anonymous_room_hides_its_broadcaster() -> None:
    validator = validation.response_validator(SPEC, "joinRoom")
    hidden = _without(ROOM_BODY, "broadcasterId", "broadcasterName")
    assert validator.ok({"success": True, "room": {**hidden, "anonymous": True}})
    assert not validator.ok({"success": True, "room": {**hidden, "anonymous": False}})
    assert not validator.ok({"success": True, "room": hidden})


def test_a_party_room_names_its_creator_and_shows_its_maker_the_invited() -> None:
    made, listed = (validation.response_validator(SPEC, o) for o in ("createPartyRoom", "listPartyRooms"))
    assert made.ok({"success": True, "room": PARTY_BODY})
    for missing in ("isPartyRoom", "createdBy", "invitedUsers"):
        problems = made.problems({"success": True, "room": _without(PARTY_BODY, missing)})
        assert problems == [Problem(f"room.{missing}", "is missing")]
    assert listed.ok({"success": True, "rooms": [_without(PARTY_BODY, "invitedUsers")]})
    assert not listed.ok({"success": True, "rooms": [ROOM_BODY]})


@pytest.mark.parametrize("success", [False, "true", 1, None])
def test_success_is_true(success: Any) -> None:
    assert not validation.response_validator(SPEC, "leaveRoom").ok({"success": success, "message": "x"})


@pytest.mark.parametrize(
    ("server", "good"),
    [
        ({"urls": "stun:a.example"}, True),
        ({"urls": ["stun:a.example:3478", "turns:[2001:db8::1]:5349?transport=tcp"]}, False),
        ({"urls": ["turn:a.example"], "username": "1:a", "credential": "c"}, True),
        ({"urls": "turn:a.example", "username": "1:a"}, False),
        ({"urls": []}, False),
        ({"urls": "http://a.example"}, False),
        ({"urls": "turn:a.example", "username": "1:a", "credential": 5}, False),
        ({}, False),
    ],
)
def test_an_ice_server_is_fit_for_a_peer_connection(server: dict[str, Any], good: bool) -> None:
    body = {"success": True, "iceServers": [server], "ttl": 600}
    assert validation.response_validator(SPEC, "getIceServers").ok(body) is good


def test_both_error_shapes_are_valid_each_with_its_media_type() -> None:
    plain, problem = {"error": "Not found"}, {"type": "about:blank", "title": "Not found", "status": 404}
    assert validation.error_validator(SPEC).ok(plain)
    assert validation.error_validator(SPEC).ok(problem)
    assert not validation.error_validator(SPEC, validation.JSON_MEDIA).ok(problem)
    assert not validation.error_validator(SPEC, validation.PROBLEM_MEDIA).ok(plain)
    for bad in ({}, {"message": "x"}, {"error": {"code": 1}}, {"status": "404"}, [], "x", None):
        assert not validation.error_validator(SPEC).ok(bad), bad


def test_a_429_says_when_to_come_back() -> None:
    plain, problem = {"error": "x", "message": "y", "retryAfter": 1}, {"title": "x", "retryAfter": 60}
    validator = validation.rate_limited_validator(SPEC)
    assert validator.ok(plain)
    assert validator.ok(problem)
    for bad in ({"error": "x", "message": "y"}, {**plain, "retryAfter": 0}, {**plain, "retryAfter": 1.5}):
        assert not validator.ok(bad), bad
    assert not validation.rate_limited_validator(SPEC, validation.JSON_MEDIA).ok(problem)

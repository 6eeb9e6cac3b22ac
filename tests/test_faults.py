"""Faults of bodies: each edit breaks its field and nothing else, each value at a limit breaks nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from engine_kit import SPEC

from conformance import faults
from conformance.faults import Fault
from protocol import validation
from protocol.marks import marks_in
from protocol.operations import Request, encode

VALID: dict[str, dict[str, Any]] = {
    "createRoom": {"broadcasterId": "alice", "broadcasterName": "Alice"},
    "joinRoom": {"roomId": "room_a", "userId": "bob", "userName": "Bob"},
    "sendOffer": {"roomId": "room_a", "offer": "v=0", "type": "offer", "fromUserId": "alice"},
    "sendAnswer": {"roomId": "room_a", "answer": "v=0", "type": "answer", "fromUserId": "bob"},
    "heartbeat": {"roomId": "room_a"},
    "leaveRoom": {"roomId": "room_a", "userId": "bob"},
    "createPartyRoom": {
        "broadcasterId": "alice",
        "broadcasterName": "Alice",
        "parentRoomId": "room_a",
        "invitedUsers": ["bob"],
    },
    "inviteToPartyRoom": {"userIds": ["bob"]},
    "sendCandidate": {
        "roomId": "room_a",
        "candidate": {
            "candidate": "candidate:1 1 udp 1 198.18.0.1 5000 typ relay raddr 0.0.0.0 rport 0",
            "sdpMid": "0",
            "sdpMLineIndex": 0,
        },
    },
}


def request(operation: str) -> Request:
    return Request(operation, "POST", "/x").with_body(encode(VALID[operation]))


def problems(found: Request) -> list[str]:
    """The fields that are wrong with a body."""
    return [p.path for p in validation.request_validator(SPEC, found.operation).problems(found.fields)]


@pytest.mark.parametrize("operation", VALID)
def test_what_they_are_made_from_is_valid(operation: str) -> None:
    assert problems(request(operation)) == []


@pytest.mark.parametrize(
    "make", [faults.missing, faults.wrong_types, faults.over_limits, faults.pattern_violations]
)
def test_each_edit_breaks_its_field_and_no_other(make: Any) -> None:
    for name, fault in make(SPEC):
        edits = list(fault.edits())
        assert edits, name
        for edit in edits:
            edited = edit(request(fault.operation))
            found = problems(edited)
            assert found, (name, edited.body)
            named = {path.split("[")[0] for path in found}
            assert all(
                path == fault.field or fault.field.startswith(f"{path}.") or path.startswith(fault.field)
                for path in named
            ), name


def test_a_value_at_its_limit_breaks_nothing() -> None:
    for name, fault in faults.at_limits(SPEC):
        for edit in fault.edits():
            assert problems(edit(request(fault.operation))) == [], name


def short(value: Any) -> Any:
    """A value, or what is too long to be written down here as its length."""
    if isinstance(value, str):
        return value if len(value) < 40 else len(value)
    return [short(one) for one in value] if isinstance(value, list) and len(value) < 4 else value


def made(make: Any, *operations: str) -> dict[str, list[Any]]:
    """What is made for these operations: the values of each case, a list of many as its number."""
    return {
        name: [
            f"{len(one)} items" if isinstance(one, list) and len(one) > 3 else short(one)
            for one in fault.values
        ]
        for name, fault in make(SPEC)
        if fault.operation in operations
    }


def test_what_is_left_out() -> None:
    assert list(made(faults.missing, "createRoom", "joinRoom", "sendCandidate")) == [
        "createRoom.broadcasterId",
        "createRoom.broadcasterName",
        "joinRoom.roomId",
        "sendCandidate.roomId",
        "sendCandidate.candidate",
        "sendCandidate.candidate.candidate",
        "sendCandidate.candidate.sdpMid",
        "sendCandidate.candidate.sdpMLineIndex",
    ]


def test_the_values_of_a_wrong_type() -> None:
    """Null is none where it is allowed; a list is tried with items of a wrong type too."""
    text = [42, ["parley"], {"parley": True}, None]
    assert made(faults.wrong_types, "sendCandidate", "inviteToPartyRoom") == {
        "inviteToPartyRoom.userIds": ["parley", {"0": "parley"}, 42, None],
        "inviteToPartyRoom.userIds items": [[42], [None], [["parley"]]],
        "sendCandidate.roomId": text,
        "sendCandidate.candidate": ["parley", ["parley"], 42, None],
        "sendCandidate.candidate.candidate": text,
        "sendCandidate.candidate.sdpMid": text[:-1],
        "sendCandidate.candidate.sdpMLineIndex": ["1", 1.5, [], {}],
    }
    assert made(faults.wrong_types, "createRoom")["createRoom.isPublic"] == ["true", 1, None, []]
    assert made(faults.wrong_types, "sendOffer")["sendOffer.type"] == text


def test_the_values_beyond_a_limit() -> None:
    operations = "createRoom", "sendOffer", "createPartyRoom", "inviteToPartyRoom", "sendCandidate"
    assert made(faults.over_limits, *operations) == {
        "createRoom.broadcasterId": [256, ""],
        "createRoom.broadcasterName": [101, ""],
        "createRoom.customName": [101, ""],
        "createRoom.encryptedRoomKey": [10_001],
        "sendOffer.roomId": [256],
        "sendOffer.offer": [50_001],
        "sendOffer.fromUserId": [256, ""],
        "createPartyRoom.broadcasterId": [256, ""],
        "createPartyRoom.broadcasterName": [101, ""],
        "createPartyRoom.customName": [101, ""],
        "createPartyRoom.parentRoomId": [256],
        "createPartyRoom.invitedUsers": ["51 items", [256], [""]],
        "inviteToPartyRoom.userIds": ["51 items", [], [256], [""]],
        "sendCandidate.roomId": [256],
        "sendCandidate.candidate.sdpMLineIndex": [-1],
    }


def test_the_values_at_a_limit() -> None:
    """None of an id of a room, nor of the acting user's own."""
    operations = "createRoom", "joinRoom", "leaveRoom", "sendOffer", "createPartyRoom", "inviteToPartyRoom"
    assert made(faults.at_limits, *operations) == {
        "createRoom.broadcasterName 1": [100],
        "createRoom.broadcasterName 2": ["a"],
        "createRoom.customName 1": [100],
        "createRoom.customName 2": ["a"],
        "createRoom.encryptedRoomKey 1": [10_000],
        "joinRoom.userName 1": [100],
        "joinRoom.userName 2": ["a"],
        "sendOffer.offer 1": [50_000],
        "createPartyRoom.broadcasterName 1": [100],
        "createPartyRoom.broadcasterName 2": ["a"],
        "createPartyRoom.customName 1": [100],
        "createPartyRoom.customName 2": ["a"],
        "createPartyRoom.invitedUsers 1": ["50 items"],
        "createPartyRoom.invitedUsers 2": [[255]],
        "inviteToPartyRoom.userIds 1": ["50 items"],
        "inviteToPartyRoom.userIds 2": [[255]],
    }


def test_too_many_people_are_different_people() -> None:
    """So that a server that drops doubles has too many of them still."""
    (many, *_) = dict(faults.over_limits(SPEC))["inviteToPartyRoom.userIds"].values
    assert many == [f"parley-{number}" for number in range(51)]
    (as_many_as_may,) = dict(faults.at_limits(SPEC))["inviteToPartyRoom.userIds 1"].values
    assert as_many_as_may == many[:50]
    assert dict(faults.over_limits(SPEC))["inviteToPartyRoom.userIds"].values[2] == ["a" * 256]
    assert dict(faults.at_limits(SPEC))["inviteToPartyRoom.userIds 2"].values == (["a" * 255],)


PATTERNS = [
    ("createRoom", "broadcasterId", "id"),
    ("createRoom", "broadcasterName", "name"),
    ("createRoom", "customName", "name"),
    ("createRoom", "keyHash", "keyHash"),
    ("joinRoom", "roomId", "roomId"),
    ("joinRoom", "userId", "id"),
    ("joinRoom", "userName", "name"),
    ("sendOffer", "roomId", "roomId"),
    ("sendOffer", "offer", "sdp"),
    ("sendOffer", "type", "type"),
    ("sendOffer", "fromUserId", "id"),
    ("sendAnswer", "roomId", "roomId"),
    ("sendAnswer", "answer", "sdp"),
    ("sendAnswer", "type", "type"),
    ("sendAnswer", "fromUserId", "id"),
    ("createPartyRoom", "broadcasterId", "id"),
    ("createPartyRoom", "broadcasterName", "name"),
    ("createPartyRoom", "customName", "name"),
    ("createPartyRoom", "parentRoomId", "roomId"),
    ("createPartyRoom", "invitedUsers", "id"),
    ("inviteToPartyRoom", "userIds", "id"),
    ("sendCandidate", "roomId", "roomId"),
]


def test_what_breaks_a_pattern_comes_four_at_a_time() -> None:
    """So that the refusals of one user stay within its budget."""
    expected: dict[str, list[Any]] = {}
    for operation, field, kind in PATTERNS:
        values = SPEC.probes["pattern_violations"][kind]
        if field in ("userIds", "invitedUsers"):
            values = [[value] for value in values]
        for start in range(0, len(values), 4):
            expected[f"{operation}.{field} {start // 4 + 1}"] = list(values[start : start + 4])
    found = {
        name: list(fault.values)
        for name, fault in faults.pattern_violations(SPEC)
        if fault.operation in {operation for operation, _, _ in PATTERNS}
    }
    assert found == expected


def test_the_right_type_is_no_violation_of_its_pattern() -> None:
    known = {**SPEC.probes["pattern_violations"], "type": ["answer", "offer"]}
    found = dict(
        faults.pattern_violations(replace(SPEC, probes={**SPEC.probes, "pattern_violations": known}))
    )
    assert (found["sendOffer.type 1"].values, found["sendAnswer.type 1"].values) == (("answer",), ("offer",))


def test_of_an_inner_object_one_property_is_left_out() -> None:
    left = faults.without(request("sendCandidate"), "candidate.sdpMid").fields
    whole = VALID["sendCandidate"]
    inner = {"candidate": whole["candidate"]["candidate"], "sdpMLineIndex": 0}
    assert left == {"roomId": "room_a", "candidate": inner}
    assert faults.without(request("sendCandidate"), "candidate").fields == {"roomId": "room_a"}


def test_a_schema_without_properties_or_required_ones_has_few_faults() -> None:
    assert list(faults.fields({})) == []
    inner = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    assert list(faults.fields({"properties": {"a": inner, "c": {}}})) == [
        ("a", inner, False),
        ("a.b", {"type": "string"}, True),
        ("c", {}, False),
    ]


@pytest.mark.parametrize(
    ("field", "start"),
    [
        ("offer", "v=0\r\n"),
        ("answer", "v=0\r\n"),
        ("roomId", "room_aaa"),
        ("parentRoomId", "room_aaa"),
        ("userId", "aaaa"),
        ("keyHash", "aaaa"),
    ],
)
def test_a_value_of_a_length_is_one_of_its_field(field: str, start: str) -> None:
    value = faults.of_length(field, 2_000)
    assert len(value) == 2_000 and value.startswith(start)


def test_names_and_keys_carry_a_mark_and_a_candidate_is_one() -> None:
    for field in ("userName", "customName", "encryptedRoomKey"):
        assert len(marks_in(faults.of_length(field, 100).encode())) == 1
    assert faults.of_length("candidate.candidate", 9).startswith("candidate:mk")


def test_one_beyond_and_one_at_the_limit_are_one_apart() -> None:
    over = {name: fault.values[0] for name, fault in faults.over_limits(SPEC)}
    at = {
        name.rsplit(" ", 1)[0]: fault.values[0]
        for name, fault in faults.at_limits(SPEC)
        if name.endswith(" 1")
    }
    assert over.keys() & at.keys() >= {"createRoom.customName", "sendOffer.offer", "joinRoom.userName"}
    for name in over.keys() & at.keys():
        assert len(over[name]) == len(at[name]) + 1, name


def test_every_required_field_of_every_body_is_left_out_once() -> None:
    left_out = {(fault.operation, fault.field) for _, fault in faults.missing(SPEC)}
    for operation in SPEC.requirement("VAL-1").operations:
        schema = SPEC.operation(operation).request_schema or {}
        for field in schema.get("required", ()):
            assert (operation, field) in left_out


def test_a_bad_own_id_may_be_somebody_elses() -> None:
    assert Fault("joinRoom", "userId", ("?",)).refusals == (400, 403)
    assert Fault("joinRoom", "userId").refusals == ()
    assert Fault("joinRoom", "roomId", ("?",)).refusals == ()


def test_the_words_say_what_is_wrong() -> None:
    assert Fault("joinRoom", "roomId").words == "joinRoom without roomId"
    assert Fault("joinRoom", "roomId", ("?",)).words == "joinRoom with a bad roomId"

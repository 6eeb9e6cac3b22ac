"""Faults of bodies: each edit breaks its field and nothing else, each value at a limit breaks nothing."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import SPEC

from conformance import faults
from conformance.faults import Fault
from protocol import validation
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


def cases(make: Any) -> list[Any]:
    return [pytest.param(fault, id=name) for name, fault in make(SPEC)]


@pytest.mark.parametrize("operation", VALID)
def test_what_they_are_made_from_is_valid(operation: str) -> None:
    assert problems(request(operation)) == []


@pytest.mark.parametrize(
    "fault",
    [
        *cases(faults.missing),
        *cases(faults.wrong_types),
        *cases(faults.over_limits),
        *cases(faults.pattern_violations),
    ],
)
def test_each_edit_breaks_its_field_and_no_other(fault: Fault) -> None:
    edits = list(fault.edits())
    assert edits
    for edit in edits:
        edited = edit(request(fault.operation))
        found = problems(edited)
        assert found, (fault.field, edited.body)
        named = {path.split("[")[0] for path in found}
        assert all(
            path == fault.field or fault.field.startswith(f"{path}.") or path.startswith(fault.field)
            for path in named
        )


@pytest.mark.parametrize("fault", cases(faults.at_limits))
def test_a_value_at_its_limit_breaks_nothing(fault: Fault) -> None:
    for edit in fault.edits():
        assert problems(edit(request(fault.operation))) == []


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

"""Frames of the data channel: what is taken, what is refused and why, and that ours are valid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import frames, room_key, spec
from protocol.frames import Author, Frame, Refused

SPEC = spec.load()
ALICE = Author("cust_alice", "Alice", "room_1")
KEY = room_key.make(SPEC)
CALL = {"callId": "call_1", "roomId": "room_1", "senderId": "cust_alice"}
MADE = {
    "message": ALICE.chat("Hello 🙂", senderDisplayName="A."),
    "system": ALICE.chat("room_2", kind="system"),
    "join": ALICE.chat("", kind="join"),
    "leave": ALICE.chat("", kind="leave"),
    "typing": ALICE.typing(),
    "typing_stop": ALICE.typing_stop(),
    "presence": ALICE.presence("away"),
    "ice-candidate": ALICE.ice_candidate("", None, None),
    "room_key_request": ALICE.room_key_request(),
    "room_key_response": ALICE.room_key_response(KEY, room_key.key_hash(KEY)),
    "sync_request": ALICE.sync_request("room_1:cust_bob", None, None),
    "sync_response": {
        "type": "sync_response",
        "chainId": "room_1:cust_bob",
        "blocks": [],
        "batchHash": "",
        "fromBlock": 0,
        "toBlock": -1,
        "hasMore": False,
        "responderId": "cust_alice",
    },
    "peer_info": ALICE.peer_info(chains=[]),
    "chunk_request": ALICE.chunk_request(0),
    "chunk_response": ALICE.chunk_response(0, []),
    "voice_offer": {**CALL, "type": "voice_offer", "sdp": "v=0\r\n"},
    "voice_answer": {**CALL, "type": "voice_answer", "sdp": "v=0\r\n"},
    "voice_end": {**CALL, "type": "voice_end", "reason": "busy"},
}


def test_there_is_a_frame_of_every_type() -> None:
    assert frozenset(MADE) == frames.types(SPEC)


@pytest.mark.parametrize("kind", MADE)
def test_a_frame_that_we_make_is_valid(kind: str) -> None:
    found = frames.decode(SPEC, frames.encode(MADE[kind]))
    assert isinstance(found, Frame)
    assert found.type == kind
    assert found.body == MADE[kind]
    assert found.sender(SPEC) == (None if kind == "peer_info" else "cust_alice")


@pytest.mark.parametrize("kind", MADE)
def test_a_member_of_another_type_is_named(kind: str) -> None:
    name = next(key for key in MADE[kind] if key != "type")
    found = frames.decode(SPEC, frames.encode({**MADE[kind], name: True}))
    assert isinstance(found, Refused)
    assert found.type == kind
    assert found.why.startswith(name)


def test_without_a_type_it_is_a_message() -> None:
    body = {key: value for key, value in MADE["message"].items() if key != "type"}
    found = frames.decode(SPEC, frames.encode(body))
    assert isinstance(found, Frame) and found.type == "message"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"a": NaN}', "it is not JSON: NaN is no JSON"),
        ("1" * 5000, "it is not JSON"),
        ("[]", "it is no JSON object but list"),
        ("null", "it is no JSON object but NoneType"),
        ('{"type": "nonsense"}', "its type is unknown"),
        ('{"type": null}', "its type is unknown"),
        ('{"type": ["message"]}', "its type is unknown"),
        ("{}", "id: is missing"),
        (frames.encode({**MADE["message"], "timestamp": "yesterday"}), "timestamp"),
        (json.dumps({**MADE["message"], "content": "\ud800"}), "content: is not text"),
        (frames.encode({**MADE["message"], "encrypted": True}), "encryptedData: is missing"),
        ("x" * 1_048_577, "it has more than 1048576 characters"),
    ],
)
def test_what_is_no_frame_is_said(text: str, said: str) -> None:
    found = frames.decode(SPEC, text)
    assert isinstance(found, Refused)
    assert found.why.startswith(said)


@given(text=st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_nothing_that_comes_raises(text: str) -> None:
    assert isinstance(frames.decode(SPEC, text), Refused)


def test_content_counts_bytes() -> None:
    limit = frames.content_bytes(SPEC)
    whole, over = "é" * (limit // 2), "é" * (limit // 2) + "x"
    assert frames.fits(SPEC, whole) and not frames.fits(SPEC, over) and not frames.fits(SPEC, "\ud800")
    assert frames.problems_of(SPEC, "message", ALICE.chat(whole)) == []
    assert frames.problems_of(SPEC, "message", ALICE.chat(over)) == [
        f"content has {limit + 1} bytes, more than {limit}"
    ]


def test_a_frame_counts_bytes_where_its_type_says_so() -> None:
    limit = SPEC.asyncapi["components"]["messages"]["sync_response"]["x-max-bytes"]
    frame = {**MADE["sync_response"], "more": ""}
    frame["more"] = "x" * (limit - len(frames.encode(frame)))
    assert isinstance(frames.decode(SPEC, frames.encode(frame)), Frame)
    found = frames.decode(SPEC, frames.encode({**frame, "more": frame["more"] + "é"}))
    assert found == Refused(f"it has {limit + 2} bytes, more than {limit}", "sync_response")


@pytest.mark.parametrize(("text", "value"), [("1.0", 1), ("1e2", 100), ("-0.0", 0), ("1.5", 1.5)])
def test_numbers_are_those_of_ecmascript(text: str, value: Any) -> None:
    found = frames.decode(SPEC, frames.encode(MADE["message"])[:-1] + f',"n":{text}}}')
    assert isinstance(found, Frame)
    assert found.body["n"] == value and type(found.body["n"]) is type(value)

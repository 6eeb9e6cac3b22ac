"""The compiled validators against the field limits of protocol section 3, written down here once more."""

import copy
import re
from dataclasses import replace
from typing import Any

import pytest

from protocol import spec as specs
from protocol import validation
from protocol.validation import Problem, Validator

SPEC = specs.load()

TWO_BYTES, THREE_BYTES = "é", "語"
CANDIDATE = "candidate:842163049 1 udp 41885439 192.0.2.7 49203 typ relay raddr 0.0.0.0 rport 0"

ROOM = "room_1a"
LEAST: dict[str, dict[str, Any]] = {
    "createRoom": {"broadcasterId": "cust_a", "broadcasterName": "Alice"},
    "joinRoom": {"roomId": ROOM},
    "sendOffer": {"roomId": ROOM, "offer": "v=0\r\n", "type": "offer"},
    "sendAnswer": {"roomId": ROOM, "answer": "v=0\r\n", "type": "answer"},
    "heartbeat": {"roomId": ROOM},
    "leaveRoom": {"roomId": ROOM},
    "createPartyRoom": {"broadcasterId": "cust_a", "broadcasterName": "Alice"},
    "inviteToPartyRoom": {"userIds": ["cust_b"]},
    "sendCandidate": {
        "roomId": ROOM,
        "candidate": {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0},
    },
    "uploadEmoji": {"name": "party_cat", "file": "bytes"},
    "requestOtp": {"email": "alice@example.org"},
    "verifyOtp": {"email": "alice@example.org", "otp": "123456789"},
}

# kind of field -> (valid values, invalid values of the right type, values of a wrong type)
KINDS: dict[str, tuple[list[Any], list[Any], list[Any]]] = {
    "roomId": (
        ["room_a", "room_" + "a" * 250, "room_aZ0_9"],
        ["room_" + "a" * 251, "room_", "", "Room_a", "xroom_a", "room_a-b", "room_a\n", "room_é", "room_a b"],
        [1, None, True, ["room_a"], {}],
    ),
    "id": (
        ["a", "a" * 255, "cust_A-9"],
        ["", "a" * 256, "a b", "a.b", "é", "a\n", "\na", "a@b", "<b>"],
        [1, None, False, ["a"], {}],
    ),
    "name": (
        ["a", "a" * 100, " a ", "A b-c_9", "-", " " * 99 + "a"],
        ["", "a" * 101, " ", " " * 100, "é", "語", "a\n", "a\tb", "<b>", "a.b", " " * 100 + "a"],
        [1, None, True, ["a"], {}],
    ),
    "sdp": (
        [
            "v=0",
            "v=0" + "x" * 49_997,
            "v=0" + TWO_BYTES * 49_997,
            "v=0" + THREE_BYTES * 49_997,
            "a\r\nv=0\r\n",
        ],
        ["", "v=1", "V=0", "v=0" + "x" * 49_998, "v=0" + TWO_BYTES * 49_998, "x" * 100, "v=0\ud800"],
        [0, None, True, ["v=0"], {"v": 0}],
    ),
    "key": (
        ["", "x" * 10_000, TWO_BYTES * 10_000, THREE_BYTES * 10_000],
        ["x" * 10_001, TWO_BYTES * 10_001, THREE_BYTES * 10_001],
        [1, None, False, [], {}],
    ),
    "keyHash": (
        ["0123456789abcdef" * 4],
        ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"],
        [1, None, True, [], {}],
    ),
    "flag": ([True, False], [], [0, 1, "true", None, [], {}]),
    "invited": (
        [[], ["a"], ["a"] * 50, ["a" * 255]],
        [["a"] * 51, [""], ["a", "b c"], ["a" * 256]],
        ["a", None, {}, [1], [None]],
    ),
    "users": ([["a"], ["a"] * 50], [[], ["a"] * 51, ["é"]], ["a", None, {}, [1]]),
    "offerType": (["offer"], ["answer", "Offer", "", "offer\n"], [1, None, []]),
    "answerType": (["answer"], ["offer", "answers", ""], [1, None, []]),
    "candidate": (
        [{"candidate": "", "sdpMid": None, "sdpMLineIndex": None}],
        [
            {"candidate": CANDIDATE},
            {"sdpMid": "0", "sdpMLineIndex": 0},
            {"candidate": "hello", "sdpMid": "0", "sdpMLineIndex": 0},
            {"candidate": CANDIDATE, "sdpMid": 0, "sdpMLineIndex": 0},
            {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": "0"},
            {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": -1},
        ],
        ["", CANDIDATE, None, [], 1],
    ),
    "emojiName": (["ab", "A" * 32, "a_9"], ["a", "a" * 33, "a-b", "é1", "ab\n"], [1, None]),
    "email": (["a@example.org"], ["", "a", "a@", "@b", "a b@c", "A <a@example.org>"], [1, None, []]),
    "otp": (
        ["000000000"],
        ["12345678", "1234567890", "12345678a", "", "123456789\n", "١" * 9],
        [123456789, None],
    ),
}

FIELDS = [
    ("createRoom", "broadcasterId", "id", True),
    ("createRoom", "broadcasterName", "name", True),
    ("createRoom", "customName", "name", False),
    ("createRoom", "encryptedRoomKey", "key", False),
    ("createRoom", "keyHash", "keyHash", False),
    ("createRoom", "isPublic", "flag", False),
    ("createRoom", "anonymous", "flag", False),
    ("joinRoom", "roomId", "roomId", True),
    ("joinRoom", "userId", "id", False),
    ("joinRoom", "userName", "name", False),
    ("sendOffer", "roomId", "roomId", True),
    ("sendOffer", "offer", "sdp", True),
    ("sendOffer", "type", "offerType", True),
    ("sendOffer", "fromUserId", "id", False),
    ("sendAnswer", "roomId", "roomId", True),
    ("sendAnswer", "answer", "sdp", True),
    ("sendAnswer", "type", "answerType", True),
    ("sendAnswer", "fromUserId", "id", False),
    ("heartbeat", "roomId", "roomId", True),
    ("leaveRoom", "roomId", "roomId", True),
    ("leaveRoom", "userId", "id", False),
    ("createPartyRoom", "broadcasterId", "id", True),
    ("createPartyRoom", "broadcasterName", "name", True),
    ("createPartyRoom", "customName", "name", False),
    ("createPartyRoom", "parentRoomId", "roomId", False),
    ("createPartyRoom", "invitedUsers", "invited", False),
    ("inviteToPartyRoom", "userIds", "users", True),
    ("sendCandidate", "roomId", "roomId", True),
    ("sendCandidate", "candidate", "candidate", True),
    ("uploadEmoji", "name", "emojiName", True),
    ("requestOtp", "email", "email", True),
    ("verifyOtp", "email", "email", True),
    ("verifyOtp", "otp", "otp", True),
]


def _named(field: tuple[str, str, str, bool]) -> str:
    return f"{field[0]}.{field[1]}"


def _edited(operation: str, field: str, value: Any) -> dict[str, Any]:
    return {**copy.deepcopy(LEAST[operation]), field: value}


@pytest.fixture(params=FIELDS, ids=_named)
def field(request: pytest.FixtureRequest) -> tuple[str, str, str, bool]:
    found: tuple[str, str, str, bool] = request.param
    return found


def test_every_field_of_every_request_is_in_the_table() -> None:
    in_spec = {
        (operation.id, name)
        for operation in SPEC.operations.values()
        for name in (operation.request_schema or {}).get("properties", {})
    }
    assert in_spec - {(o, f) for o, f, _, _ in FIELDS} == {("uploadEmoji", "file"), ("uploadEmoji", "domain")}


def test_what_is_valid_is_accepted(field: tuple[str, str, str, bool]) -> None:
    operation, name, kind, _ = field
    validator = validation.request_validator(SPEC, operation)
    for value in KINDS[kind][0]:
        body = _edited(operation, name, value)
        assert validator.problems(body) == []
        assert validator.ok(body)


def test_what_breaks_a_limit_is_refused_under_its_name(field: tuple[str, str, str, bool]) -> None:
    operation, name, kind, _ = field
    validator = validation.request_validator(SPEC, operation)
    for value in (*KINDS[kind][1], *KINDS[kind][2]):
        body = _edited(operation, name, value)
        assert not validator.ok(body), value
        problems = validator.problems(body)
        assert problems, value
        assert {re.split(r"[.\[]", problem.path)[0] for problem in problems} == {name}, value


def test_a_missing_field_is_refused_under_its_name_unless_optional(field: tuple[str, str, str, bool]) -> None:
    operation, name, _, required = field
    body = copy.deepcopy(LEAST[operation])
    body.pop(name, None)
    validator = validation.request_validator(SPEC, operation)
    assert validator.ok(body) is not required
    assert validator.problems(body) == ([Problem(name, "is missing")] if required else [])


@pytest.mark.parametrize("operation", LEAST)
def test_unknown_properties_are_ignored(operation: str) -> None:
    body = {
        **LEAST[operation],
        "unheardOf": {"deep": [1]},
        "__proto__": {"isAdmin": True},
        "constructor": "x",
    }
    assert validation.request_validator(SPEC, operation).problems(body) == []


@pytest.mark.parametrize("operation", LEAST)
@pytest.mark.parametrize("body", [[], "x", 1, None, True], ids=repr)
def test_what_is_no_object_is_refused_as_a_whole(operation: str, body: Any) -> None:
    problems = validation.request_validator(SPEC, operation).problems(body)
    assert problems == [Problem("", "is not of type object")]


@pytest.mark.parametrize("missing", ["candidate", "sdpMid", "sdpMLineIndex"])
def test_a_missing_part_of_a_candidate_is_named_by_its_path(missing: str) -> None:
    body = copy.deepcopy(LEAST["sendCandidate"])
    del body["candidate"][missing]
    problems = validation.request_validator(SPEC, "sendCandidate").problems(body)
    assert problems == [Problem(f"candidate.{missing}", "is missing")]


def test_an_item_is_named_by_its_place() -> None:
    problems = validation.request_validator(SPEC, "inviteToPartyRoom").problems({"userIds": ["a", "b c"]})
    assert [problem.path for problem in problems] == ["userIds[1]"]


def test_a_lone_surrogate_is_named_by_the_field_that_has_it() -> None:
    body = _edited("sendOffer", "offer", "v=0\udfff")
    problems = validation.request_validator(SPEC, "sendOffer").problems(body)
    assert problems == [Problem("offer", "is not text: it has a lone surrogate")]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("\ud800", ""),
        (["a", "\udfff", "\ud800"], "[1]"),
        ({"a": {"b": ["x", ["\ud800"]]}, "c": "\ud800"}, "a.b[1][0]"),
        ({"a": {"\ud800": 1}, "b": "\ud800"}, "a"),
        ({"\ud800": "x"}, ""),
    ],
)
def test_text_with_a_lone_surrogate_is_never_valid(value: object, path: str) -> None:
    """Whatever the schema asks of it: nothing, its type, or its length."""
    for schema in ({}, {"type": ["string", "array", "object"]}, {"minLength": 1, "items": {"maxLength": 9}}):
        assert not Validator(schema).ok(value)
        problems = Validator(schema).problems(value)
        assert problems == [Problem(path, "is not text: it has a lone surrogate")]


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"format": "date-time"}, "soon", 'the value is not a "date-time"'),
        ({"format": "email"}, "A <a@example.org>", 'the value is not a "email"'),
        ({"multipleOf": 2}, 3, "the value is not a multiple of 2"),
        ({"const": "offer"}, "answer", '"offer" was expected'),
        ({"maxLength": 2}, "abc", "has more than 2 characters"),
        ({"minLength": 2}, "a", "has fewer than 2 characters"),
        ({"pattern": "^b"}, "a", "does not match ^b"),
        ({"type": "string"}, 1, "is not of type string"),
        ({"type": ["string", "null"]}, 1, "is not of type null or string"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 1, "has none of the possible shapes"),
    ],
)
def test_what_is_wrong_is_said_without_the_value(schema: Any, value: Any, message: str) -> None:
    assert Validator(schema).problems(value) == [Problem("", message)]


def test_what_is_missing_and_what_may_not_be_there_are_named() -> None:
    schema = {"required": ["a"], "properties": {"b": {"properties": {"c": False}}}}
    assert sorted(Validator(schema).problems({"b": {"c": 1}}), key=lambda problem: problem.path) == [
        Problem("a", "is missing"),
        Problem("b.c", "is not allowed here"),
    ]


def test_a_schema_of_elsewhere_is_not_fetched() -> None:
    with pytest.raises(ValueError, match="Retrieval is disabled"):
        Validator({"$ref": "http://127.0.0.1:9/schema.json"})


@pytest.mark.parametrize("schema", [{"format": "no-such"}, {"pattern": "(?=a)"}, {"pattern": r"(a)\1"}])
def test_a_format_that_is_unknown_and_a_pattern_that_may_stall_are_refused(schema: Any) -> None:
    """Not ignored; and only what the linear regex engine knows is let in."""
    with pytest.raises(ValueError, match=r'no-such|is not a "regex"'):
        Validator(schema)


def test_an_operation_without_a_body_cannot_be_validated() -> None:
    with pytest.raises(specs.SpecError, match=r"^openapi\.yaml: health: requestBody: missing, so no request"):
        validation.request_validator(SPEC, "health")
    mute = replace(SPEC.operations["health"], response_schema=None)
    with pytest.raises(specs.SpecError, match=r"^openapi\.yaml: health: responses\.200: no content, so it"):
        validation.response_validator(replace(SPEC, operations={"health": mute}), "health")


def test_deep_nesting_is_looked_through_and_is_no_obstacle() -> None:
    """Deeper than the parser lets anything be, and so than the C that looks first can go."""
    for text, expected in (("text", None), ("\ud800", "[0]" * 1_200)):
        deep: object = text
        for _ in range(1_200):
            deep = [deep]
        assert validation._surrogate(deep) == expected


def test_a_message_never_echoes_the_value() -> None:
    for operation, name, kind, _ in FIELDS:
        for value in ("<script>", ["<script>"], {"<script>": 1}, "<script>" * 10_000):
            problems = validation.request_validator(SPEC, operation).problems(_edited(operation, name, value))
            assert "script" not in repr(problems), (operation, name, kind)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "candidate:1 1 UDP 2122252543 6ec1f5f8-2f2e-4c1b-9d2f-000000000000.local 54321 typ host",
        "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active",
        "candidate:a+/9 256 udp 4294967295 2001:db8::1 65535 typ srflx raddr 192.0.2.1 rport 1 ufrag x+/",
        "candidate:1 1 udp 1 192.0.2.1 9 typ prflx raddr :: rport 0 network-id 1 network-cost 999",
        "a=" + CANDIDATE,
    ],
)
def test_a_candidate_line_is_one(line: str) -> None:
    body = {"roomId": ROOM, "candidate": {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}}
    assert validation.request_validator(SPEC, "sendCandidate").problems(body) == []


@pytest.mark.parametrize(
    "line",
    [
        " ",
        "\n",
        "hello",
        "candidate:",
        "Candidate:1 1 udp 1 192.0.2.1 9 typ host",
        "xcandidate:1 1 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9",
        "candidate:1 1 udp 1 192.0.2.1 9 typ",
        "candidate:1 1 udp 1 192.0.2.1 nine typ host",
        "candidate:1  1 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host alone",
        "candidate:1 1 udp 1 <b> 9 typ host",
        f"candidate:{'1' * 33} 1 udp 1 192.0.2.1 9 typ host",
        f"{CANDIDATE}\n{CANDIDATE}",
    ],
)
def test_what_is_no_candidate_line_is_refused(line: str) -> None:
    body = {"roomId": ROOM, "candidate": {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0}}
    problems = validation.request_validator(SPEC, "sendCandidate").problems(body)
    assert [problem.path for problem in problems] == ["candidate.candidate"]


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("^a$", "a", True),
        ("^a$", "a\n", False),
        ("^a$", "b\na", False),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^\s$", "\u00a0", True),
        ("^.$", "\n", False),
        ("^.$", "語", True),
        ("a", "bab", True),
    ],
)
def test_patterns_are_those_of_ecma_262(pattern: str, value: str, matches: bool) -> None:
    assert Validator({"type": "string", "pattern": pattern}).ok(value) is matches


def test_a_pattern_cannot_be_stalled() -> None:
    validator = Validator({"type": "string", "pattern": "^(a+)+$"})
    assert not validator.ok("a" * 50_000 + "!")


def test_a_validator_is_compiled_once() -> None:
    assert validation.request_validator(SPEC, "createRoom") is validation.request_validator(
        SPEC, "createRoom"
    )


def test_an_operation_without_a_body_has_no_request_validator() -> None:
    with pytest.raises(specs.SpecError, match="getOffer"):
        validation.request_validator(SPEC, "getOffer")

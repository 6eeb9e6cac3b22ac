"""The reference server as a process: operations, faults in their order, budgets, CSRF, CORS, privacy."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from server_kit import HANGS_S, LINE, ORIGIN, SDP, SPEC, Person, ServerProcess

from protocol.validation import error_validator, rate_limited_validator, response_validator

CREATE = SPEC.operation("createRoom").path
ROOMS = SPEC.operation("listRooms").path


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def server(running: ServerProcess) -> ServerProcess:
    assert running.reset().status == 200
    return running


@pytest.fixture
def alice(server: ServerProcess) -> Person:
    return server.person("alice")


@pytest.fixture
def bob(server: ServerProcess) -> Person:
    return server.person("bob")


# -- operations


def test_every_answer_is_valid_for_its_operation(alice: Person, bob: Person) -> None:
    room = alice.room(customName="Den", encryptedRoomKey="k", keyHash="0" * 64)
    party = alice.party(parentRoomId=room, invitedUsers=["bob"])
    answers = {
        "createRoom": alice.create(),
        "joinRoom": bob.join(room),
        "sendOffer": alice.offer(room),
        "getOffer": bob.on("getOffer", room),
        "sendAnswer": bob.answer(room),
        "getAnswer": alice.on("getAnswer", room),
        "heartbeat": alice.call("heartbeat", roomId=room),
        "listRooms": bob.call("listRooms"),
        "createPartyRoom": alice.call(
            "createPartyRoom", broadcasterId="alice", broadcasterName="A", parentRoomId=room
        ),
        "listPartyRooms": bob.on("listPartyRooms", room),
        "inviteToPartyRoom": alice.on("inviteToPartyRoom", party, userIds=["carol"]),
        "getIceServers": bob.call("getIceServers"),
        "sendCandidate": alice.candidate(room, usernameFragment="a1b2"),
        "getCandidates": bob.on("getCandidates", room),
        "health": alice.call("health"),
        "leaveRoom": bob.leave(room),
    }
    for operation, answer in answers.items():
        assert answer.status == 200, (operation, answer)
        assert response_validator(SPEC, operation).problems(answer.body) == [], operation
        assert answer.header("content-type") == "application/json"


def test_mail_goes_to_the_other_byte_for_byte_and_once(alice: Person, bob: Person) -> None:
    room = alice.room()
    bob.join(room)
    text = SDP + 'a=x:\t"\\ \u20ac\u00e9\u2028\r\n'
    alice.offer(room, text)
    assert alice.on("getOffer", room).status == 404
    got = bob.on("getOffer", room)
    assert got.body == {"success": True, "offer": text, "type": "offer", "fromUserId": "alice"}
    assert got.header("cache-control") == "no-store"
    assert bob.on("getOffer", room).status == 404


def test_strangers_neither_post_nor_read(server: ServerProcess, alice: Person, bob: Person) -> None:
    room, stranger = alice.room(), server.person("stranger")
    bob.join(room)
    alice.offer(room)
    assert stranger.offer(room).status == 403
    assert stranger.on("getOffer", room).status == 403
    assert stranger.candidate(room).status == 403
    assert stranger.on("getCandidates", room).status == 403
    assert bob.on("getOffer", room).status == 200


def test_mail_of_a_gone_room_is_gone(alice: Person, bob: Person) -> None:
    room = alice.room()
    alice.offer(room)
    alice.leave(room)
    assert bob.join(room).status == 404
    assert bob.on("getOffer", room).status == 404
    assert alice.leave(room).status == 404


def test_the_token_decides_who_acts(alice: Person, bob: Person) -> None:
    made = alice.call("createRoom", broadcasterId="bob", broadcasterName="Bob").body["room"]
    assert made["broadcasterId"] == "alice"
    room = made["roomId"]
    assert bob.call("joinRoom", roomId=room, userId="carol").status == 200
    assert alice.call("leaveRoom", roomId=room, userId="bob").status == 200
    assert bob.call("heartbeat", roomId=room).status == 200
    assert alice.call("heartbeat", roomId=room).status == 403


def test_head_takes_no_mail(alice: Person, bob: Person) -> None:
    room = alice.room()
    bob.join(room)
    alice.offer(room)
    path = SPEC.operation("getOffer").path.replace("{roomId}", room)
    answer = bob.send("HEAD", path)
    assert (answer.status, answer.raw) == (405, b"")
    assert bob.on("getOffer", room).status == 200


def test_health_asks_for_nothing(server: ServerProcess) -> None:
    assert server.nobody().call("health").body["status"] == "ok"
    assert Person(server.url, "", "garbage").call("health").status == 200


def test_candidates_have_cursors(alice: Person, bob: Person) -> None:
    room = alice.room()
    bob.join(room)
    start = bob.on("getCandidates", room).body["next"]
    alice.candidate(room)
    alice.candidate(room, "")
    first = bob.on("getCandidates", room, f"?since={start}").body
    assert [one["candidate"] for one in first["candidates"]] == [LINE, ""]
    assert {one["fromUserId"] for one in first["candidates"]} == {"alice"}
    again = bob.on("getCandidates", room, f"?since={first['next']}").body
    assert (again["candidates"], again["next"]) == ([], first["next"])
    for bad in ("?since=", "?since=x", "?since=99", "?since=0&since=1", "?since=%ff"):
        assert bob.on("getCandidates", room, bad).status == 400, bad
    for bad in ("not a candidate", "candidate:1 1 udp", LINE + "\r\na=x"):
        assert alice.candidate(room, bad).status == 400, bad
    assert alice.candidate(room, LINE + " x" + "y" * 5000 + " z").status == 400


# -- faults and their order


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", ROOMS + "/", 404),
        ("GET", "/signaling%2Frooms", 404),
        ("POST", ROOMS, 405),
        ("DELETE", CREATE, 405),
        ("PROPFIND", "/health", 405),
        ("GET", "/signaling/offer/..%2Frooms", 400),
        ("GET", "/signaling/offer/../rooms", 404),
        ("GET", "/signaling/offer/%00", 400),
        ("GET", "/signaling/offer/%ff", 400),
        ("GET", "/signaling/offer/room_" + "a" * 600, 400),
        ("GET", "/signaling/offer/room_unknown", 404),
        ("GET", "/signaling/offer/", 400),
        ("GET", "/auth/me", 200),
        ("GET", "/auth/us", 404),
        ("GET", "/signaling/party-rooms/room_unknown", 200),
    ],
)
def test_paths_and_methods(alice: Person, method: str, path: str, status: int) -> None:
    answer = alice.send(method, path)
    assert answer.status == status
    if status >= 400:
        assert error_validator(SPEC).ok(answer.body)
    if status == 405:
        assert answer.header("allow")


VALID = '{"broadcasterId": "alice", "broadcasterName": "A"%s}'


@pytest.mark.parametrize(
    "body",
    [
        "",
        "  ",
        "null",
        "[]",
        '"text"',
        "{",
        VALID % "," + "}",
        VALID % ', "x": NaN',
        VALID % ', "x": -Infinity',
        VALID % ', "x": 1e999',
        VALID % ', "x": 01',
        VALID % "" + " x",
        VALID % ', "broadcasterName": "<b>"',
        VALID % ', "x": "\\ud800"',
        VALID % ', "\\udc00": 1',
        '{"broadcasterName": "A"}',
        "\ufeff" + VALID % "",
        '{"a": ' * 300 + "1" + "}" * 300,
        "[" * 10_000,
        VALID % ', "customName": "A\\n"',
        VALID % ', "isPublic": 1',
    ],
)
def test_bad_bodies_are_400(alice: Person, body: str) -> None:
    answer = alice.send("POST", CREATE, body.encode())
    assert answer.status == 400
    assert error_validator(SPEC).ok(answer.body)
    assert alice.listed() == []


def test_good_bodies_are_taken(alice: Person) -> None:
    for body in (
        VALID % ', "__proto__": {"isPublic": false}, "constructor": null, "x": {"y": [1e3, {}]}',
        " \n" + VALID % ', "x": "\\ud83d\\ude00"' + "\n",
    ):
        answer = alice.send("POST", CREATE, body.encode())
        assert answer.status == 200, answer
        assert answer.body["room"]["isPublic"] is True


def test_invalid_utf8_is_400(alice: Person) -> None:
    body = (VALID % ', "customName": "?"').encode().replace(b"?", b"\xff")
    assert alice.send("POST", CREATE, body).status == 400


def test_the_400_names_the_field_and_echoes_nothing(alice: Person) -> None:
    answer = alice.call("createRoom", broadcasterId="alice", broadcasterName="<script>alert(1)</script>")
    assert answer.status == 400
    assert answer.body["details"] == {"field": "broadcasterName"}
    assert b"script" not in answer.raw


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/html", ""])
def test_a_wrong_content_type_is_415(alice: Person, kind: str) -> None:
    assert alice.send("POST", CREATE, (VALID % "").encode(), {"Content-Type": kind}).status == 415


def test_the_right_content_type_may_have_a_charset(alice: Person) -> None:
    for kind, status in (
        ("Application/JSON; charset=UTF-8", 200),
        ("application/json; charset=latin-1", 415),
    ):
        assert alice.send("POST", CREATE, (VALID % "").encode(), {"Content-Type": kind}).status == status


def test_compressed_bodies_are_refused(alice: Person) -> None:
    assert alice.send("POST", CREATE, b"\x1f\x8b", {"Content-Encoding": "gzip"}).status == 415


@pytest.mark.parametrize("size", [SPEC.limits["body_bytes"], 3 * SPEC.limits["body_bytes"]])
def test_a_body_of_the_limit_is_413(alice: Person, size: int) -> None:
    assert alice.send("POST", CREATE, b"x" * size).status == 413
    assert alice.send("POST", CREATE, b"x" * (SPEC.limits["body_bytes"] - 1)).status == 400


def test_the_token_is_asked_for_first(server: ServerProcess, alice: Person) -> None:
    nobody = server.nobody()
    for operation in SPEC.operations.values():
        if not operation.needs_token and not operation.needs_refresh:
            continue
        path = (
            operation.path.replace("{roomId}", "%00")
            .replace("{parentRoomId}", "%00")
            .replace("{emojiId}", "x")
        )
        answer = nobody.send(operation.method, path, b"not JSON" if operation.method == "POST" else None)
        assert answer.status == 401, operation.id
        assert answer.header("www-authenticate")
    assert alice.create().status == 200


# -- budgets


def test_the_budget_holds_and_returns(server: ServerProcess, alice: Person, bob: Person) -> None:
    budget = SPEC.operation("createRoom").budget
    assert budget is not None
    assert [alice.create().status for _ in range(budget.limit)] == [200] * budget.limit
    refused = alice.create()
    assert refused.status == 429
    assert rate_limited_validator(SPEC).problems(refused.body) == []
    assert refused.header("retry-after") == str(refused.body["retryAfter"])
    assert refused.header("x-ratelimit-remaining") == "0"
    assert int(str(refused.header("x-ratelimit-reset"))) > 10**12
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"):
        spoofed = Person(server.url, "alice", alice.token, headers={header: "203.0.113.7"})
        assert spoofed.create().status == 429
    assert bob.create().status == 200
    server.advance(budget.window)
    assert alice.create().status == 200


def test_refused_requests_spend_nothing(alice: Person) -> None:
    budget = SPEC.operation("createRoom").budget
    assert budget is not None
    for _ in range(budget.limit):
        assert alice.call("createRoom", broadcasterId="alice").status == 400
        assert alice.send("POST", CREATE, b"{").status == 400
    assert [alice.create().status for _ in range(budget.limit)] == [200] * budget.limit


def test_heartbeats_are_counted_by_room(alice: Person) -> None:
    budget = SPEC.operation("heartbeat").budget
    assert budget is not None
    one, two = alice.room(), alice.room()
    assert {alice.call("heartbeat", roomId=one).status for _ in range(budget.limit)} == {200}
    assert alice.call("heartbeat", roomId=one).status == 429
    assert alice.call("heartbeat", roomId=two).status == 200


# -- CSRF and CORS


def test_cookie_writes_need_the_tokens_own_word(server: ServerProcess) -> None:
    for csrf, status in ((None, 403), ("", 403), ("wrong", 403), ("csrf-of-alice", 200)):
        assert server.person("alice", cookie=True, csrf=csrf).create().status == status
    alice = server.person("alice", cookie=True)
    assert len(alice.listed()) == 1
    assert alice.get(ROOMS).status == 200


def test_where_both_are_sent_the_bearer_counts(server: ServerProcess, alice: Person, bob: Person) -> None:
    name = SPEC.policy["names"]["token_cookie"]
    both = Person(server.url, "bob", bob.token, headers={"Cookie": f"{name}={alice.token}"})
    assert both.create().body["room"]["broadcasterId"] == "bob"
    bad = Person(server.url, "", "garbage", headers={"Cookie": f"{name}={alice.token}"})
    assert bad.get(ROOMS).status == 401
    good = Person(server.url, "bob", bob.token, headers={"Cookie": f"{name}=garbage"})
    assert good.get(ROOMS).status == 200
    other = Person(
        server.url, "", None, headers={"Cookie": f"x{name}={alice.token}; note={name}={alice.token}"}
    )
    assert other.get(ROOMS).status == 401


def test_a_preflight_needs_no_token(server: ServerProcess) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = server.nobody().send("OPTIONS", CREATE, None, asked)
    assert (answer.status, answer.raw) == (204, b"")
    assert answer.header("access-control-allow-origin") == ORIGIN
    assert answer.header("access-control-allow-methods") == "GET, OPTIONS, POST"
    headers = str(answer.header("access-control-allow-headers"))
    assert {"Content-Type", "Authorization", "X-CSRF-Token"} <= set(headers.split(", "))
    assert server.nobody().send("OPTIONS", "/nothing", None, asked).status == 404


def test_an_allowed_origin_is_echoed_on_errors_too(server: ServerProcess, alice: Person) -> None:
    for person, path, status in ((alice, ROOMS, 200), (alice, "/no", 404), (server.nobody(), ROOMS, 401)):
        answer = person.get(path, Origin=ORIGIN)
        assert answer.status == status
        assert answer.header_values("access-control-allow-origin") == [ORIGIN]
        assert answer.header("access-control-allow-credentials") == "true"
        assert "Retry-After" in str(answer.header("access-control-expose-headers"))
        assert answer.header("vary") == "Origin"


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        ORIGIN + ".evil.test",
        ORIGIN + ":444",
        "http" + ORIGIN.removeprefix("https"),
        "null",
        ORIGIN + "/",
        f"{ORIGIN}, {ORIGIN}",
    ],
)
def test_a_foreign_origin_is_not_echoed_and_does_not_write(server: ServerProcess, origin: str) -> None:
    alice = server.person("alice", cookie=True, csrf="csrf-of-alice", headers={"Origin": origin})
    answer = alice.get(ROOMS)
    assert not any(name.lower().startswith("access-control-") for name, _ in answer.headers)
    assert alice.create().status == 403
    assert (
        server.person("alice", cookie=True, csrf="csrf-of-alice", headers={"Origin": ORIGIN}).listed() == []
    )


def test_security_headers_are_everywhere(server: ServerProcess, alice: Person) -> None:
    for answer in (alice.get(ROOMS), server.nobody().get("/nothing"), alice.send("OPTIONS", ROOMS)):
        assert answer.header("x-content-type-options") == "nosniff"
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("cache-control") == "no-store"
        assert answer.header("server") is None
        assert answer.header("date")


# -- parties and privacy


def test_party_rooms(server: ServerProcess, alice: Person, bob: Person) -> None:
    parent = alice.room()
    room = alice.party(parentRoomId=parent, invitedUsers=["bob"])
    assert alice.listed() == [parent]
    (shown,) = bob.on("listPartyRooms", parent).body["rooms"]
    assert (shown["roomId"], shown["createdBy"], "invitedUsers" in shown) == (room, "alice", False)
    assert server.person("stranger").join(room).status == 403
    assert bob.join(room).body["room"]["invitedUsers"] == ["bob"]
    assert bob.on("inviteToPartyRoom", room, userIds=["carol"]).status == 403
    many = [f"user{number}" for number in range(50)]
    assert alice.on("inviteToPartyRoom", room, userIds=many).status == 400
    assert alice.on("inviteToPartyRoom", room, userIds=many[:49]).body["invitedUsers"] == ["bob", *many[:49]]
    assert alice.on("inviteToPartyRoom", "room_unknown", userIds=["carol"]).status == 404
    assert alice.on("inviteToPartyRoom", parent, userIds=["carol"]).status == 403
    assert alice.on("inviteToPartyRoom", room, userIds=[]).status == 400
    unknown = alice.call(
        "createPartyRoom", broadcasterId="alice", broadcasterName="A", parentRoomId="room_unknown"
    )
    assert unknown.status == 404


def test_an_anonymous_room_tells_nobody_who_is_in_it(alice: Person, bob: Person) -> None:
    room = alice.room(anonymous=True)
    assert b"alice" not in bob.join(room).raw + bob.call("listRooms").raw
    alice.offer(room)
    alice.candidate(room)
    from_mail = bob.on("getOffer", room)
    (from_candidate,) = bob.on("getCandidates", room).body["candidates"]
    assert b"alice" not in from_mail.raw
    assert from_mail.body["fromUserId"] == from_candidate["fromUserId"]


def test_private_addresses_do_not_pass_an_anonymous_room(alice: Person, bob: Person) -> None:
    hidden = "candidate:1 1 udp 2122252543 192.168.1.7 54321 typ host"
    reflexive = "candidate:2 1 udp 1686052607 203.0.113.9 40000 typ srflx raddr 10.0.0.7 rport 5000"
    open_room, room = alice.room(), alice.room(anonymous=True)
    for one in (open_room, room):
        bob.join(one)
        text = f"{SDP}a={hidden}\r\na={reflexive}\r\na=end\r\n"
        alice.offer(one, text)
        got = bob.on("getOffer", one).body["offer"]
        if one == open_room:
            assert got == text
        else:
            cleaned = reflexive.replace("10.0.0.7 rport 5000", "0.0.0.0 rport 0")
            assert got == f"{SDP}a={cleaned}\r\na=end\r\n"
    assert alice.candidate(open_room, hidden).status == 200
    refused = alice.candidate(room, hidden)
    assert (refused.status, refused.body["details"]["field"]) == (400, "candidate.candidate")
    assert alice.candidate(room, reflexive).status == 200
    (kept,) = bob.on("getCandidates", room).body["candidates"]
    assert kept["candidate"].endswith("typ srflx raddr 0.0.0.0 rport 0")


# -- test control


def test_the_clock_moves_mail_and_shows(server: ServerProcess, alice: Person, bob: Person) -> None:
    room = alice.room()
    bob.join(room)
    alice.offer(room)
    before = alice.call("health").body["timestamp"]
    now = server.advance(SPEC.timings["offer_lifetime"]).body["now"]
    assert bob.on("getOffer", room).status == 404
    assert alice.call("health").body["timestamp"] > before
    assert alice.call("heartbeat", roomId=room).body["room"]["lastActivity"] >= now
    username = alice.call("getIceServers").body["iceServers"][0]["username"]
    assert int(username.split(":")[0]) * 1000 >= now


@pytest.mark.parametrize("step", [-1, "1", None, True, [], 1e300, 10**400, 1e10])
def test_no_other_steps_of_the_clock(server: ServerProcess, alice: Person, step: object) -> None:
    assert server.advance(step).status == 400  # type: ignore[arg-type]
    assert alice.create().status == 200


# -- the connection


def raw(server: ServerProcess, data: bytes) -> bytes:
    parts = urlsplit(server.url)
    with socket.create_connection((str(parts.hostname), parts.port), timeout=HANGS_S) as connection:
        connection.sendall(data)
        found = b""
        while part := connection.recv(65536):
            found += part
        return found


def test_requests_in_a_row_are_answered_in_order(server: ServerProcess) -> None:
    fresh = server.person("somebody_new")
    lines = f"Host: a\r\nAuthorization: Bearer {fresh.token}\r\n".encode()
    found = raw(
        server,
        b"GET /signaling/rooms HTTP/1.1\r\n" + lines + b"\r\n"
        b"GET /nothing HTTP/1.1\r\n" + lines + b"\r\n"
        b"HEAD /nothing HTTP/1.1\r\n" + lines + b"\r\n"
        b"GET /health HTTP/1.1\r\nConnection: close\r\n" + lines + b"\r\n",
    )
    assert re.findall(rb"HTTP/1\.1 (\d+) ", found) == [b"200", b"404", b"404", b"200"]
    assert b"connection: close\r\n" in found


def test_what_is_not_http_gets_an_error_of_our_shape(server: ServerProcess) -> None:
    found = raw(server, b"GET / HTTP/1.1\r\nHost: a\r\n bad\r\n\r\n")
    head, _, body = found.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert error_validator(SPEC).ok(json.loads(body))


def test_a_waiting_client_is_told_to_go_on(server: ServerProcess, alice: Person) -> None:
    body = (VALID % "").encode()
    parts = urlsplit(server.url)
    with socket.create_connection((str(parts.hostname), parts.port), timeout=HANGS_S) as connection:
        connection.sendall(
            f"POST {CREATE} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
            f"Authorization: Bearer {alice.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
        )
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")

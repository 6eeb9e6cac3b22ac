"""Changing the spec changes the server: each test edits one thing in a copy of the folder and serves it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from server_kit import CONFIG, SPEC, Person, ServerProcess

from protocol.spec import SPEC_DIR


class EditedSpec:
    """A copy of the spec folder, edited by replacing text that must be there exactly once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "spec"
        shutil.copytree(SPEC_DIR, self.path)

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.path / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, (file, old)
        (self.path / file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> EditedSpec:
    return EditedSpec(tmp_path)


def served(copy: EditedSpec, tmp_path: Path) -> ServerProcess:
    return ServerProcess(tmp_path, spec=copy.path)


def test_a_budget(copy: EditedSpec, tmp_path: Path) -> None:
    budget = SPEC.operation("createRoom").budget
    assert budget is not None
    copy.edit("policy.yaml", f"createRoom: {{ limit: {budget.limit},", "createRoom: { limit: 2,")
    with served(copy, tmp_path) as server:
        alice = server.person("alice")
        assert [alice.create().status for _ in range(3)] == [200, 200, 429]


def test_a_window(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("policy.yaml", "createRoom: { limit: 5, window: 3600,", "createRoom: { limit: 1, window: 60,")
    with served(copy, tmp_path) as server:
        alice = server.person("alice")
        assert [alice.create().status for _ in range(2)] == [200, 429]
        server.advance(60)
        assert alice.create().status == 200


def test_what_a_budget_is_counted_by(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit(
        "policy.yaml",
        "createRoom: { limit: 5, window: 3600, per: [user] }",
        "createRoom: { limit: 1, window: 3600, per: [address] }",
    )
    with served(copy, tmp_path) as server:
        assert server.person("alice").create().status == 200
        assert server.person("bob").create().status == 429
        bob = server.person("bob", headers={"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7"})
        assert bob.create().status == 429
    config = {**CONFIG, "address": {"trusted_header": "X-Real-IP"}}
    with ServerProcess(tmp_path, config, spec=copy.path) as server:
        for address in ("203.0.113.7", "203.0.113.8"):
            alice = server.person("alice", headers={"X-Real-IP": address, "X-Forwarded-For": address})
            assert [alice.create().status for _ in range(2)] == [200, 429]


def test_a_lifetime(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("policy.yaml", "  offer_lifetime: 30 ", "  offer_lifetime: 10 ")
    copy.edit("policy.yaml", "  room_lifetime: 3600 ", "  room_lifetime: 1200 ")
    copy.edit("policy.yaml", "  listing_window: 300 ", "  listing_window: 60 ")
    with served(copy, tmp_path) as server:
        alice, bob = server.person("alice"), server.person("bob")
        room = alice.room()
        bob.join(room)
        for step, status in ((9, 200), (11, 404)):
            alice.offer(room)
            server.advance(step)
            assert bob.on("getOffer", room).status == status
        server.advance(61)
        assert (bob.listed(), bob.join(room).status) == ([], 200)
        server.advance(1201)
        assert bob.join(room).status == 404


def test_a_pattern_and_a_limit(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("openapi.yaml", "'^ *[a-zA-Z0-9\\-_][a-zA-Z0-9 \\-_]*$'", "'^[a-z!]+$'")
    copy.edit("openapi.yaml", "maxLength: 10000", "maxLength: 3")
    with served(copy, tmp_path) as server:
        alice = server.person("alice")
        names = {"Alice": 400, "alice!": 200}
        for name, status in names.items():
            answer = alice.call("createRoom", broadcasterId="alice", broadcasterName=name)
            assert answer.status == status, name
        for key, status in (("abc", 200), ("abcd", 400)):
            answer = alice.call(
                "createRoom", broadcasterId="alice", broadcasterName="a", encryptedRoomKey=key
            )
            assert answer.status == status


def test_a_path(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("openapi.yaml", "\n  /signaling/rooms:\n", "\n  /lobby:\n")
    copy.edit("openapi.yaml", "\n  /signaling/offer/{roomId}:\n", "\n  /mail/{roomId}/of/offers:\n")
    with served(copy, tmp_path) as server:
        alice, bob = server.person("alice"), server.person("bob")
        room = alice.room()
        bob.join(room)
        alice.offer(room)
        assert bob.get("/signaling/rooms").status == 404
        assert bob.get("/lobby").status == 200
        assert bob.get(f"/signaling/offer/{room}").status == 404
        assert bob.get(f"/mail/{room}/of/offers").status == 200


def test_the_names_on_the_wire(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("policy.yaml", "csrf_header: X-CSRF-Token", "csrf_header: X-Word")
    copy.edit("policy.yaml", "token_cookie: auth_token", "token_cookie: ticket")
    with served(copy, tmp_path) as server:
        token = server.person("alice").token
        for cookie, header, status in (
            ("ticket", "X-Word", 200),
            ("ticket", "X-CSRF-Token", 403),
            ("auth_token", "X-Word", 401),
        ):
            headers = {"Cookie": f"{cookie}={token}", header: "csrf-of-alice"}
            assert Person(server.url, "alice", None, headers=headers).create().status == status


def test_a_room_id_begins_as_the_policy_says(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("policy.yaml", "room_id_prefix: room_", "room_id_prefix: chat_")
    copy.edit(
        "openapi.yaml", 'RoomId: { type: string, pattern: "^room_', 'RoomId: { type: string, pattern: "^chat_'
    )
    with served(copy, tmp_path) as server:
        alice, bob = server.person("alice"), server.person("bob")
        room = alice.room()
        assert room.startswith("chat_")
        assert bob.join(room).status == 200
        assert bob.join("room_x").status == 400


def test_the_body_limit(copy: EditedSpec, tmp_path: Path) -> None:
    copy.edit("policy.yaml", "body_bytes: 1048576 ", "body_bytes: 2000 ")
    with served(copy, tmp_path) as server:
        alice = server.person("alice")
        assert alice.create(encryptedRoomKey="x" * 1500).status == 200
        assert alice.create(encryptedRoomKey="x" * 2000).status == 413

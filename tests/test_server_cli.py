"""`python -m reference_server`: its start, its end, its configuration, and what its log never holds."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from server_kit import CONFIG, HANGS_S, SDP, SECRET, Person, ServerProcess, toml

from reference_server import config
from reference_server.serving import READ_S


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs a command line that is to fail."""
    return subprocess.run(
        [sys.executable, "-m", "reference_server", *arguments],
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        env={**os.environ, **environ},
        check=False,
    )


def refused(*arguments: str, **environ: str) -> str:
    """The one line on standard error with which it refuses to start."""
    ended = run(*arguments, **environ)
    assert ended.returncode == 2, ended
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    return line


def connected(server: ServerProcess) -> socket.socket:
    parts = urlsplit(server.url)
    return socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=HANGS_S)


def taken(connection: socket.socket) -> bool:
    """Has the server accepted it, and read all that was sent? By the kernel's own list of both ends."""
    ours, theirs = (f":{name[1]:04X}" for name in (connection.getsockname(), connection.getpeername()))
    found = set()
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, remote, _, queues, *_, inode = line.split()[:10]
        sent, come = (int(size, 16) for size in queues.split(":"))
        if local.endswith(ours) and remote.endswith(theirs) and not sent:
            found.add("sent")
        if local.endswith(theirs) and remote.endswith(ours) and not come and inode != "0":
            found.add("read")
    return found == {"sent", "read"}


# -- start and end


def test_the_ready_line_names_the_url(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"auth": {"hs256_secret": SECRET}}) as server:
        (line,) = (json.loads(line) for line in server.lines if '"listening"' in line)
        assert line["url"].startswith("http://127.0.0.1:")
        assert line["pid"] == server.process.pid
        assert server.person("alice").call("listRooms").status == 200


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        port = urlsplit(server.url).port
        expected = f"parley serve: cannot listen on 127.0.0.1 port {port}: address already in use"
        assert refused("--port", str(port)) == expected


@pytest.mark.parametrize("port", ["x", "-1", "65536", ""])
def test_no_such_port(port: str) -> None:
    ended = run("--port", port)
    assert ended.returncode == 2
    assert "expected a port from 0 to 65535" in ended.stderr


def test_no_such_host() -> None:
    assert refused("--port", "0", "--host", "192.0.2.1").startswith(
        "parley serve: cannot listen on 192.0.2.1"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    server = ServerProcess(tmp_path)
    with connected(server) as idle:
        idle.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert idle.recv(1000).startswith(b"HTTP/1.1 200")
        assert server.end(number) == 0
        assert idle.recv(10) == b""
    assert json.loads(server.lines[-1])["event"] == "stopped"
    assert not any("Traceback" in line for line in server.lines)


def test_half_a_request_does_not_hold_up_the_end(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    with connected(server) as partial:
        partial.sendall(b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        started = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - started < READ_S, "it waited until a client's time was over"


def test_a_request_under_way_is_answered_before_the_end(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, {**CONFIG, "encryption": {"enabled": True}})
    alice = server.person("alice")
    with connected(server) as connection:
        lines = f"Host: a\r\nAuthorization: Bearer {alice.token}\r\n\r\n"
        connection.sendall(f"GET /signaling/rooms HTTP/1.1\r\n{lines}".encode())
        end = time.monotonic() + HANGS_S
        while not taken(connection):  # what it has not yet read is not under way
            assert time.monotonic() < end and server.process.poll() is None
        # It is being sealed by now, which takes longer; if not, it has been answered already.
        assert server.end() == 0
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_goes_away_harms_nobody(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {**CONFIG, "encryption": {"enabled": True}}) as server:
        alice = server.person("alice")
        for _ in range(3):
            connection = connected(server)
            lines = f"Host: a\r\nAuthorization: Bearer {alice.token}\r\n\r\n"
            connection.sendall(f"GET /signaling/rooms HTTP/1.1\r\n{lines}".encode())
            connection.close()
        assert alice.call("listRooms").status == 200
        assert not any("Traceback" in line or '"error"' in line for line in server.lines)


# -- configuration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[auth", "is not TOML: "),
        ("[nothing]", "nothing: unknown; expected one of the tables auth, cors, "),
        ("auth = 1", "auth: expected a table of keys"),
        ("[auth]\nsecret = 'x'", "auth.secret: unknown; expected one of hs256_secret, "),
        ("[auth]\nhs256_secret = 5", "auth.hs256_secret: expected a string"),
        ("[auth]\nhs256_secret = ''", "auth.hs256_secret: expected a secret, got an empty string"),
        (
            "[auth]\nhs256_secret_env = 'NOT_SET'",
            "auth.hs256_secret_env: the environment variable NOT_SET is not set",
        ),
        ("[auth]\nhs256_secret = 'a'\nhs256_secret_env = 'B'", "auth.hs256_secret: given twice"),
        ("[auth]\njwks_url = 'file:///x'", "auth.jwks_url: expected an http or https URL, got 'file:///x'"),
        (
            "[cors]\nallowed_origins = ['*']",
            "cors.allowed_origins: expected origins such as https://host, got '*'",
        ),
        ("[cors]\nallowed_origins = ['https://a/']", "cors.allowed_origins: expected origins"),
        ("[cors]\nallowed_origins = [1]", "cors.allowed_origins: expected origins"),
        ("[encryption]\nenabled = 1", "encryption.enabled: expected true or false"),
        ("[turn]\nurls = ['turn:a']", "turn.secret: missing"),
        ("[turn]\nsecret = 'a'", "turn.urls: expected at least one URL"),
        ("[emotes]\nurl = 'ftp://a'", "emotes.url: expected an http or https URL, got 'ftp://a'"),
        ("[emotes]\nurl = 'http://a'", "emotes.images_url: missing; an http or https URL"),
        (
            "[turn]\nurls = ['stun:a']\nsecret = 'a'",
            "turn.urls: expected URLs such as turn:host:3478, got 'stun:a'",
        ),
        ("[turn]\nurls = ['turn:a']\nsecret = 'a'\nttl = true", "turn.ttl: expected a whole number"),
        ("[address]\ntrusted_header = 'a b'", "address.trusted_header: expected a header name, got 'a b'"),
        ("[log]\nlevel = 'loud'", "log.level: expected one of debug, info, warning, error, got 'loud'"),
    ],
)
def test_a_wrong_configuration_is_one_clear_sentence(text: str, message: str) -> None:
    with pytest.raises(config.ConfigError) as error:
        config.parse(text, "server.toml", {})
    assert str(error.value).startswith("server.toml: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_an_empty_configuration_is_one() -> None:
    assert config.parse("", "server.toml") == config.Config()


def test_a_secret_from_the_environment_shows_nowhere() -> None:
    found = config.parse("[auth]\nhs256_secret_env = 'A'", "server.toml", {"A": "sesame"})
    assert found.auth.hs256_secret == "sesame"
    assert "sesame" not in repr(found)


def test_a_wrong_file_ends_the_start(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    assert (
        refused("--config", str(file)) == f"parley serve: {file}: cannot be read: No such file or directory"
    )
    file.write_text("[log]\nloudness = 1\n", encoding="utf-8")
    assert "log.loudness: unknown" in refused("--config", str(file))
    file.write_text("[turn]\nurls = ['turn:a']\nsecret = 'a'\nttl = 5\n", encoding="utf-8")
    assert refused("--config", str(file)) == "parley serve: turn.ttl: expected 300 to 3600 seconds, got 5"
    file.write_text(f"[log]\nfile = '{tmp_path}/no/folder/log'\n", encoding="utf-8")
    assert "cannot be written" in refused("--config", str(file))
    assert "openapi.yaml: not found" in refused("--spec", str(tmp_path))


def test_without_turn_there_are_no_ice_servers(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"auth": {"hs256_secret": SECRET}}) as server:
        assert server.person("alice").call("getIceServers").status == 404


def test_without_test_control_there_is_none(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"auth": {"hs256_secret": SECRET}}) as server:
        assert server.advance(1).status == 404
        assert server.reset().status == 404


def test_without_keys_no_token_is_good(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {}) as server:
        assert server.person("alice").call("listRooms").status == 401
        assert any('"no_keys"' in line for line in server.lines)


# -- the log


def everything_secret(server: ServerProcess) -> list[str]:
    """Makes a few requests full of secrets and returns them."""
    alice = server.person("user_alice_secret")
    cookie = server.person("user_alice_secret", cookie=True, csrf="csrf-of-user_alice_secret")
    room = cookie.room(customName="custom_name_secret", encryptedRoomKey="room_key_secret")
    bob = server.person("user_bob_secret")
    bob.join(room)
    alice.offer(room, SDP + "a=sdp_secret\r\n")
    bob.get(f"/signaling/candidates/{room}?since=query_secret")
    alice.get("/path_secret")
    alice.post("/signaling/create-room", {"broadcasterName": "<body_secret>"})
    server.nobody().get(f"/signaling/rooms?token={alice.token}")
    Person(server.url, "", "garbage_token_secret").call("listRooms")
    alice.call("getIceServers")
    return [
        str(alice.token),
        str(bob.token),
        room,
        SECRET,
        CONFIG["turn"]["secret"],
        "_secret",
        "127.0.0.1:3478",
    ]


def test_the_log_is_json_and_holds_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "server.log"
    with ServerProcess(tmp_path, {**CONFIG, "log": {"level": "debug", "file": str(file)}}) as server:
        secrets = everything_secret(server)
    lines = file.read_text(encoding="utf-8").splitlines()
    requests = [line for line in map(json.loads, lines) if line["event"] == "request"]
    assert {line["operation"] for line in requests} >= {"createRoom", "sendOffer", "none", "listRooms"}
    assert {line["status"] for line in requests} >= {200, 400, 401, 404}
    text = "\n".join([*lines, *server.lines])
    assert [secret for secret in secrets if secret in text] == []
    assert [json.loads(line)["event"] for line in server.lines] == ["listening"]


def test_the_usual_log_is_short(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        secrets = everything_secret(server)
    assert [json.loads(line)["event"] for line in server.lines] == ["test_control", "listening", "stopped"]
    assert [secret for secret in secrets if secret in "\n".join(server.lines)] == []


def test_toml_helper_matches_the_reader() -> None:
    assert config.parse(toml(CONFIG), "server.toml").allowed_origins == ("https://good.example",)

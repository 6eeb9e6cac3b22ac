"""A finding as a script: what is told, and that its test file and curl lines do again what was found."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from explore_kit import within
from report_kit import SPEC

from conformance.explore.findings import Covered, Finding
from conformance.explore.stage import Arena
from conformance.things import sdp
from protocol import tokens
from protocol.tokens import SecretSigner
from reports.reproduction.fault import Complaint
from reports.reproduction.script import Script
from suite.server_process import EmbeddedServer

SECRET = "a secret of the tests, long enough for HS256"
LONG_S = 240


async def read_twice(arena: Arena) -> tuple[Finding, str]:
    """Bob reads one offer twice. The finding is made here, whatever came."""
    stage = arena.stage("read twice", Covered())
    alice, bob = await stage.person("alice"), await stage.person("bob")
    room = (await alice.create_room()).room_id
    await bob.join(room)
    await alice.send_offer(room, sdp())
    await bob.get_offer(room)
    second = await bob.get_offer(room)
    complaint = arena.oracle.expecting(second, [404], "MBOX-2", "it was read before")
    wanted = {"statuses": [404]}
    stage.complain(complaint or Complaint("MBOX-2", "status", "404", "404", "status_in", wanted))
    finding = stage.finding("model", "an offer is read twice", *stage.complaints[0], replay={})
    await stage.tidy()
    return finding, arena.world.target.base_url


@pytest.fixture(scope="module")
def script() -> Script:
    finding, base_url = within(read_twice, "offer-survives-reading")
    return Script(finding.fault(SPEC), base_url)


def test_a_conversation_tells_who_said_what(script: Script) -> None:
    told = script.conversation()
    lines = told.splitlines()
    assert [line.split()[-2:] for line in lines[:15:3]] == [
        ["alice", "createRoom"],
        ["bob", "joinRoom"],
        ["alice", "sendOffer"],
        ["bob", "getOffer"],
        ["bob", "getOffer"],
    ]
    assert lines[12].startswith("!  bob getOffer") and "«room 1»" in lines[13]
    assert lines[-2].strip().startswith("wanted  404 (it was read before)")
    assert lines[-1].strip().startswith("got     200")
    assert "«alice id»" in told and "eyJ" not in told


def test_no_secret_stands_in_any_form(script: Script) -> None:
    for text in (script.conversation(), script.curl(), script.test_file()):
        assert "eyJ" not in text and "auth_token=ey" not in text


def played(script: Script, folder: Path, mutant: str | None, form: str) -> subprocess.CompletedProcess[str]:
    """The script against a server of HS256 tokens, wrong or right."""
    config = {"auth": {"hs256_secret": SECRET}, "encryption": {"enabled": True}}
    server = EmbeddedServer(config, mutant=mutant)
    url = server.start()
    try:
        env = {"PATH": os.environ["PATH"], "PARLEY_TARGET": url, "PARLEY_JWT_SECRET": SECRET}
        if form == "pytest":
            (folder / "test_finding.py").write_text(script.test_file(), encoding="utf-8")
            argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "."]
        else:
            for who in ("alice", "bob"):
                claims = tokens.claims(SPEC, f"{who}_x")
                token = SecretSigner(SECRET.encode()).sign(claims)
                env |= {f"{who.upper()}_TOKEN": token, f"{who.upper()}_CSRF": str(claims["csrf"])}
                env[f"{who.upper()}_ID"] = f"{who}_x"
            text = script.curl()
            (folder / "curl.sh").write_text(text, encoding="utf-8")
            argv = ["sh", "curl.sh"]
        return subprocess.run(
            argv, cwd=folder, env=env, capture_output=True, text=True, timeout=LONG_S, check=False
        )
    finally:
        server.end()


def test_the_test_file_fails_where_the_fault_is_and_passes_where_not(script: Script, tmp_path: Path) -> None:
    wrong = played(script, tmp_path, "offer-survives-reading", "pytest")
    assert wrong.returncode == 1 and "wanted 404 (it was read before), got 200" in wrong.stdout, wrong.stdout
    right = played(script, tmp_path, None, "pytest")
    assert right.returncode == 0 and "1 passed" in right.stdout, right.stdout


def test_without_credentials_it_says_what_to_set(script: Script, tmp_path: Path) -> None:
    (tmp_path / "test_finding.py").write_text(script.test_file(), encoding="utf-8")
    argv = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "-c", os.devnull, "."]
    env = {"PATH": os.environ["PATH"], "PARLEY_TARGET": "http://127.0.0.1:9"}
    ended = subprocess.run(
        argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert "set ALICE_TOKEN, or PARLEY_JWT_SECRET" in ended.stdout, ended.stdout


def test_the_curl_lines_do_it_too(script: Script, tmp_path: Path) -> None:
    ended = played(script, tmp_path, "offer-survives-reading", "curl")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("200 OK") == 5, ended.stdout
    assert played(script, tmp_path, None, "curl").stdout.count("200 OK") == 4


def record(sent: bytes, answer: dict[str, object], **request: object) -> dict[str, object]:
    """An exchange of alice's, as a stage keeps it."""
    shown = {"bytes": len(sent), "text": sent.decode("utf-8", "backslashreplace")}
    raw = base64.b64encode(sent).decode("ascii")
    asked = {"method": "POST", "path": "/p", "headers": [], "body": shown, "raw": raw, "curl": "", **request}
    came = {"status": 200, "headers": [], "body": {"bytes": 2, "json": answer}}
    found: dict[str, object] = {"type": "exchange", "actor": "alice", "operation": "createRoom"}
    return {**found, "started": 1.0, "ended": 2.0, "request": asked, "answer": came}


STOLEN = "«AWS SECRET ACCESS KEY» $AWS_SECRET_ACCESS_KEY $(touch stolen) «alice token»"


@pytest.fixture
def echo() -> Iterator[tuple[str, list[bytes]]]:
    """A target that answers 200 and keeps what it was sent."""
    yield from echoing(b"{}")


def echoing(said: bytes) -> Iterator[tuple[str, list[bytes]]]:
    came: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            came.append(self.path.encode() + b" " + self.rfile.read(length))
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", came
    server.shutdown()
    thread.join(LONG_S)


@pytest.mark.parametrize("form", ["curl", "pytest"])
def test_bytes_go_as_they_went_and_a_target_gets_nothing_of_the_environment(
    echo: tuple[str, list[bytes]], tmp_path: Path, form: str
) -> None:
    url, came = echo
    odd = b'{"a":1,"a":2,"b":"\xff' + STOLEN.encode() + b'"}'
    exchanges = [
        record(b"{}", {}, body={"bytes": 2, "json": {}}, raw=None, path="/first"),
        record(odd, {}, headers=[["X-Odd", "$AWS_SECRET_ACCESS_KEY `id`"]]),
    ]
    complaint = Complaint(None, "status", "400", "200", "status_in", {"statuses": [400]})
    script = Script(Finding("fuzz", "odd bytes", "createRoom", complaint, exchanges).fault(SPEC), url)
    env = {"PATH": os.environ["PATH"], "AWS_SECRET_ACCESS_KEY": "s3cr3t", "PARLEY_TARGET": url}
    env["ALICE_TOKEN"] = "t0ken"
    if form == "curl":
        (tmp_path / "curl.sh").write_text(script.curl(), encoding="utf-8")
        argv = ["sh", "curl.sh"]
    else:
        (tmp_path / "test_finding.py").write_text(script.test_file(), encoding="utf-8")
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "."]
    ended = subprocess.run(
        argv, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=LONG_S, check=False
    )
    assert len(came) == 2, ended.stdout + ended.stderr
    (sent,) = [one.split(b" ", 1)[1] for one in came if one.startswith(b"/p ")]
    assert sent == odd.replace("«alice token»".encode(), b"t0ken")
    assert not any(b"s3cr3t" in one for one in came) and not (tmp_path / "stolen").exists()


@pytest.mark.parametrize(
    "room",
    [
        "x/;1e>owned;s/a/b",
        "a&b",
        "$(>owned)",
        "`>owned`",
        "';>owned;'",
        "@it.sh",
        "[1-3]{a,b}",
    ],
)
def test_what_an_answer_gave_is_sent_and_never_run(tmp_path: Path, room: str) -> None:
    """The id that came when the fault was found was a harmless one."""
    target = echoing(b'{"room": {"roomId": "%s"}}' % room.encode())
    url, came = next(target)
    try:
        exchanges = [
            record(b"", {"room": {"roomId": "room_1"}}, path="/create", raw=None),
            record(b"\xffroom_1;room_1\xfe", {}, path="/raw"),
            record(b"room_1", {}, path="/text/room_1", raw=None),
        ]
        complaint = Complaint(None, "status", "400", "200", "status_in", {"statuses": [400]})
        found = Finding("fuzz", "odd bytes", "createRoom", complaint, exchanges)
        (tmp_path / "it.sh").write_text(Script(found.fault(SPEC), url).curl(), encoding="utf-8")
        env = {"PATH": os.environ["PATH"]}
        subprocess.run(
            ["sh", "it.sh"], cwd=tmp_path, env=env, timeout=LONG_S, check=True, capture_output=True
        )
    finally:
        target.close()
    assert [path.name for path in tmp_path.iterdir()] == ["it.sh"]
    assert came[1] == b"/raw \xff" + room.encode() + b";" + room.encode() + b"\xfe"
    assert came[2].endswith(b" " + room.encode()) and len(came) == 3

"""What the tests of the reference server share: the server as a process, and people who talk to it.

Plain sockets and http.client on purpose: nothing of the harness's own client stands between test and server.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from protocol import tokens
from protocol.spec import load
from reference_server.clock import Clock

SPEC = load()
SECRET = "a secret of the tests, long enough for HS256"
ORIGIN = "https://good.example"
HANGS_S = 60.0  # what is not done by then never will be, on the slowest machine
SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
LINE = "candidate:1 1 udp 41885439 203.0.113.7 49203 typ relay raddr 0.0.0.0 rport 0"

CONFIG: dict[str, dict[str, Any]] = {
    "auth": {"hs256_secret": SECRET},
    "cors": {"allowed_origins": [ORIGIN]},
    "turn": {"urls": ["turn:127.0.0.1:3478?transport=udp"], "secret": "turn secret"},
    "test_control": {"enabled": True},
}


START = 1_700_000_000.0


class FakeClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.time = START

    def now_ms(self) -> int:
        return round(self.time * 1000)


def toml(config: Mapping[str, Mapping[str, Any]]) -> str:
    lines = []
    for table, values in config.items():
        lines.append(f"[{table}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def header(self, name: str) -> str | None:
        found = self.header_values(name)
        return found[0] if found else None

    def header_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class ServerProcess:
    """`python -m reference_server` on a free port, ended by its pid."""

    def __init__(
        self,
        folder: Path,
        config: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        spec: Path | None = None,
        program: Sequence[str] = ("-m", "reference_server"),
    ) -> None:
        file = folder / "server.toml"
        file.write_text(toml(CONFIG if config is None else config), encoding="utf-8")
        command = [sys.executable, *program, "--port", "0", "--config", str(file)]
        if spec is not None:
            command += ["--spec", str(spec)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self.url = ""
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._follow, daemon=True)
        self._reader.start()
        if not self._ready.wait(HANGS_S):
            self.process.kill()
            raise AssertionError("the server neither got ready nor ended")
        assert self.url, f"the server did not start: {self.lines}"

    def _follow(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if '"listening"' in line:
                self.url = json.loads(line)["url"]
                self._ready.set()
        self._ready.set()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ends it and returns its exit code."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        try:
            return self.process.wait(HANGS_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._reader.join(HANGS_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def person(self, user: str, **settings: Any) -> Person:
        claims = tokens.claims(SPEC, user, csrf=f"csrf-of-{user}")
        return Person(self.url, user, tokens.SecretSigner(SECRET.encode()).sign(claims), **settings)

    def nobody(self) -> Person:
        return Person(self.url, "", None)

    def advance(self, seconds: float) -> Answer:
        return self.nobody().post(SPEC.test_control["advanceClock"], {"advanceSeconds": seconds})

    def reset(self) -> Answer:
        return self.nobody().post(SPEC.test_control["reset"], None)


@dataclass
class Person:
    """Somebody with a token (or none), who sends it as a bearer or as a cookie."""

    url: str
    user: str
    token: str | None
    cookie: bool = False
    csrf: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=HANGS_S)
        sent: dict[str, str] = dict(self.headers)
        if self.token is not None and self.cookie:
            sent["Cookie"] = f"{SPEC.policy['names']['token_cookie']}={self.token}"
            if self.csrf is not None:
                sent[SPEC.policy["names"]["csrf_header"]] = self.csrf
        elif self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, fields: Any, headers: Mapping[str, str] | None = None) -> Answer:
        body = b"" if fields is None else json.dumps(fields).encode()
        return self.send("POST", path, body, headers)

    # -- the operations

    def call(self, operation: str, **fields: Any) -> Answer:
        """An operation without path parameters."""
        found = SPEC.operation(operation)
        return self.get(found.path) if found.method == "GET" else self.post(found.path, fields)

    def on(self, operation: str, room: str, query: str = "", **fields: Any) -> Answer:
        """An operation with a room's id in its path."""
        found = SPEC.operation(operation)
        (name,) = found.path_params
        path = found.path.replace("{" + name + "}", room) + query
        return self.get(path) if found.method == "GET" else self.post(path, fields)

    def create(self, **fields: Any) -> Answer:
        return self.call("createRoom", broadcasterId=self.user, broadcasterName="Some Name", **fields)

    def room(self, **fields: Any) -> str:
        answer = self.create(**fields)
        assert answer.status == 200, answer
        return str(answer.body["room"]["roomId"])

    def party(self, **fields: Any) -> str:
        answer = self.call("createPartyRoom", broadcasterId=self.user, broadcasterName="Some Name", **fields)
        assert answer.status == 200, answer
        return str(answer.body["room"]["roomId"])

    def join(self, room: str) -> Answer:
        return self.call("joinRoom", roomId=room)

    def leave(self, room: str) -> Answer:
        return self.call("leaveRoom", roomId=room)

    def listed(self) -> list[str]:
        return [room["roomId"] for room in self.call("listRooms").body["rooms"]]

    def offer(self, room: str, text: str = SDP) -> Answer:
        return self.call("sendOffer", roomId=room, offer=text, type="offer")

    def answer(self, room: str, text: str = SDP) -> Answer:
        return self.call("sendAnswer", roomId=room, answer=text, type="answer")

    def candidate(self, room: str, line: str = LINE, **more: Any) -> Answer:
        item = {"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0, **more}
        return self.call("sendCandidate", roomId=room, candidate=item)

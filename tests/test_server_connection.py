"""One connection and its time limits, on a transport of the test's own; no socket, no waiting."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine
from typing import Any

from reference_server.app import Reply, Response
from reference_server.log import Log
from reference_server.requests import Request
from reference_server.serving import IDLE_S, PIPELINED, READ_S, Connection, Connections

TURNS = 100
GET = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """Keeps what is written, and remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self._written: list[bytes] = []
        self.state = "open"
        self.reading = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def write(self, data: Any) -> None:
        assert self.state == "open"
        self._written.append(data)

    @property
    def written(self) -> bytes:
        return b"".join(self._written)

    def is_closing(self) -> bool:
        return self.state != "open"

    def close(self) -> None:
        self.state = "closed"

    def abort(self) -> None:
        self.state = "aborted"

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class FakeApp:
    """Answers each request with its path; those for /slow when it is told to."""

    body_cap = 100

    def __init__(self) -> None:
        self.go = asyncio.Event()

    def respond(self, request: Request) -> Reply:
        answer = Response(200, b"", request.path.encode())
        if request.path != "/slow":
            return answer

        async def later() -> Response:
            await self.go.wait()
            return answer

        return later()

    def malformed(self, status: int, message: str) -> Response:
        return Response(status, b"", message.encode())

    def operation(self, request: Request) -> str:
        return "none"


class Scene:
    """A connection with everything around it."""

    def __init__(self) -> None:
        self.app, self.transport, self.connections = FakeApp(), FakeTransport(), Connections()
        self.connection = Connection(self.app, Log(io.StringIO()), self.connections)
        self.connection.connection_made(self.transport)

    def send(self, data: bytes) -> None:
        for start in range(0, len(data), 60_000):
            part = data[start : start + 60_000]
            self.connection.get_buffer(-1)[: len(part)] = part
            self.connection.buffer_updated(len(part))

    def after(self, seconds: float) -> str:
        self.connections.now += seconds
        self.connection.close_if_overdue(self.connections.now)
        return self.transport.state

    @property
    def paths(self) -> list[bytes]:
        return [
            part.partition(b"\r\n\r\n")[2] for part in self.transport.written.split(b"HTTP/1.1 200 OK")[1:]
        ]


async def settled() -> None:
    """All that is to happen has happened: by turns of the loop, since no time is surely long enough."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


def on_a_scene(test: Callable[[Scene], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Runs a test inside an event loop, with a scene."""

    def run() -> None:
        async def inside() -> None:
            await test(Scene())

        asyncio.run(inside())

    return run


@on_a_scene
async def test_an_idle_connection_is_closed_after_a_while(scene: Scene) -> None:
    scene.send(GET % 1)
    assert scene.after(IDLE_S - 1) == "open"
    scene.send(GET % 2)
    assert scene.after(IDLE_S - 1) == "open"
    assert scene.after(2) == "aborted"
    assert scene.paths == [b"/1", b"/2"]


@on_a_scene
async def test_half_a_request_has_less_time_and_a_drip_does_not_add_to_it(scene: Scene) -> None:
    scene.send(b"GET / HTTP/1.1\r\n")
    assert scene.after(READ_S - 1) == "open"
    scene.send(b"Host: a\r\n")
    assert scene.after(2) == "aborted"


@on_a_scene
async def test_requests_wait_behind_a_slow_one(scene: Scene) -> None:
    scene.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" + GET % 2)
    await asyncio.sleep(0)
    assert scene.paths == []
    assert scene.after(10 * IDLE_S) == "open"  # the server is the one who is slow
    scene.app.go.set()
    await settled()
    assert scene.paths == [b"/slow", b"/2"]


@on_a_scene
async def test_who_sends_on_and_on_behind_a_slow_one_is_held_back(scene: Scene) -> None:
    scene.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    scene.send((GET % 7) * (PIPELINED // len(GET % 7) + 100))
    assert not scene.transport.reading
    scene.app.go.set()
    await settled()
    assert scene.transport.reading
    assert len(scene.paths) > 1000


@on_a_scene
async def test_who_takes_no_answers_gets_no_more_of_them(scene: Scene) -> None:
    scene.connection.pause_writing()
    scene.send(GET % 1)
    assert scene.paths == []
    scene.connection.resume_writing()
    assert scene.paths == [b"/1"]
    scene.connection.pause_writing()
    assert scene.after(1000) == "aborted"


@on_a_scene
async def test_a_stopping_server_answers_what_is_under_way_and_closes(scene: Scene) -> None:
    scene.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    scene.connection.stop()
    assert scene.transport.state == "open"
    scene.app.go.set()
    await settled()
    assert scene.paths == [b"/slow"]
    assert b"connection: close" in scene.transport.written
    assert scene.transport.state == "closed"


@on_a_scene
async def test_a_client_that_only_sends_no_more_still_gets_its_answer(scene: Scene) -> None:
    scene.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    assert scene.connection.eof_received()
    scene.app.go.set()
    await settled()
    assert scene.paths == [b"/slow"]
    assert scene.transport.state == "closed"


@on_a_scene
async def test_what_is_not_http_is_answered_and_ended(scene: Scene) -> None:
    scene.send(b"nonsense\r\n\r\n" + GET % 1)
    assert scene.transport.written.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert scene.transport.state == "closed"
    assert scene.paths == []


@on_a_scene
async def test_a_client_that_is_gone_is_not_answered(scene: Scene) -> None:
    scene.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    scene.connection.connection_lost(None)
    scene.app.go.set()
    await settled()
    assert scene.transport.written == b""

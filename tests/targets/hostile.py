"""Hostile servers, one behaviour a name, on plain sockets: what a target may do to a harness.

    python tests/targets/hostile.py NAME [--healthy] [--elsewhere URL] [--upstream HOST:PORT]

Prints its URL in a JSON line once it listens. `--healthy` answers GET /health well whatever the behaviour, so
that a run gets past its first look.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import gzip
import itertools
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import odd

MARKUP = (
    "<script>document.title='parley-owned';document.body.append('parley-owned')</script>"
    "<img src=x onerror=\"document.title='parley-owned'\">\"'><svg/onload=alert(1)></code></pre></article>"
    "<a href='javascript:alert(1)'>x</a>{{7*7}}]]>--><!--"
    "\x1b[31;1m\x1b]0;parley-owned\x07\x1b[2J\x9b31m\r\u202eparley\u2066\x00\x08\x7f"
)
BIG = 2 * 1024**3
HOLD_S = 3600.0


@dataclass
class Settings:
    elsewhere: str = ""
    upstream: str = ""
    healthy: bool = False
    record: str = ""
    url: str = ""
    counter: Iterator[int] = field(default_factory=itertools.count)


@dataclass
class Request:
    """One request as it came; `head` is its raw head without the blank line."""

    method: str
    path: str
    head: bytes
    body: bytes


class Connection:
    """One accepted connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, settings: Settings
    ) -> None:
        self.reader, self.writer, self.settings = reader, writer, settings

    async def request(self) -> Request | None:
        """The next request, or None when the client is gone. A good /health is answered on the way."""
        while True:
            try:
                head = (await self.reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return None
            body = await self.reader.readexactly(content_length(head))
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            if not (self.settings.healthy and path.split("?")[0] == "/health"):
                return Request(method, path, head, body)
            await self.answer(200, json_bytes(health("hostile")))

    async def answer(
        self,
        status: int,
        body: bytes,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
        *,
        length: int | None = None,
    ) -> None:
        """An answer; `length` is what Content-Length says of it, true or not."""
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Type: {kind}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def note(self, data: bytes) -> None:
        """Keeps what went over the wire, where --record says so."""
        if self.settings.record:
            with open(self.settings.record, "ab") as file:
                file.write(data + b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


Behaviour = Callable[[Connection], Awaitable[None]]
BEHAVIOURS: dict[str, Behaviour] = {}


def behaviour(function: Behaviour) -> Behaviour:
    BEHAVIOURS[function.__name__.replace("_", "-")] = function
    return function


def json_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def health(service: str) -> dict[str, Any]:
    return {"status": "ok", "service": service, "timestamp": now()}


@behaviour
async def not_http(connection: Connection) -> None:
    """Some other service is on that port."""
    await connection.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    await connection.reader.read(65536)


@behaviour
async def empty_object(connection: Connection) -> None:
    """Every answer is 200 {}."""
    while await connection.request():
        await connection.answer(200, b"{}")


@behaviour
async def server_error(connection: Connection) -> None:
    """Every answer is a 500, well-formed as an error."""
    while await connection.request():
        await connection.answer(500, json_bytes({"error": "internal"}))


@behaviour
async def html(connection: Connection) -> None:
    """A web site: 200 and a page, whatever was asked."""
    while await connection.request():
        await connection.answer(
            200, b"<!doctype html><title>Welcome</title><script>alert(1)</script>", "text/html"
        )


@behaviour
async def redirects(connection: Connection) -> None:
    """Redirects for ever, to itself and to another origin in turn."""
    number = 0
    while request := await connection.request():
        number += 1
        base = connection.settings.elsewhere if number % 2 else connection.settings.url
        status = (301, 302, 307, 308)[number % 4]
        await connection.answer(status, b"", headers={"Location": f"{base}{request.path}"})


@behaviour
async def silent(connection: Connection) -> None:
    """Reads the request and never answers."""
    await connection.request()
    await asyncio.sleep(HOLD_S)


@behaviour
async def closes(connection: Connection) -> None:
    """Closes at once."""
    if connection.settings.healthy:
        await connection.request()


@behaviour
async def endless(connection: Connection) -> None:
    """A body of 2 GB, as fast as it is read."""
    while await connection.request():
        await connection.answer(200, b'{"success": true, "padding": "', length=BIG)
        chunk = b"x" * 262144
        for _ in range(BIG // len(chunk)):
            await connection.send(chunk)


@functools.cache
def inflating() -> bytes:
    """100 KB that inflate to 1 GB: a hundred members of one gzip file."""
    return gzip.compress(b" " * 10 * 1024**2, 9) * 100


@behaviour
async def gzip_bomb(connection: Connection) -> None:
    """Every answer is compressed, and inflates to 1 GB."""
    bomb = inflating()
    while await connection.request():
        await connection.answer(200, bomb, headers={"Content-Encoding": "gzip"})


@behaviour
async def invalid_utf8(connection: Connection) -> None:
    """JSON in the right shape, but not in UTF-8."""
    while await connection.request():
        await connection.answer(200, b'{"success": true, "message": "\xff\xfe\xc0\xaf\xed\xa0\x80"}')


@behaviour
async def length_too_long(connection: Connection) -> None:
    """Content-Length promises more than comes, and then the connection ends."""
    await connection.request()
    await connection.answer(200, b'{"success": true}', length=1000)


@behaviour
async def length_too_short(connection: Connection) -> None:
    """Content-Length covers a part of the body; the rest looks like the start of the next answer."""
    while await connection.request():
        await connection.answer(200, b'{"success": true, "message": "more than was said"}', length=17)


@behaviour
async def drip(connection: Connection) -> None:
    """One byte a second, from the first."""
    await connection.request()
    for byte in b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n":
        await connection.send(bytes([byte]))
        await asyncio.sleep(1)


@behaviour
async def drops_after_401(connection: Connection) -> None:
    """A proxy of a good server that ends a kept-alive connection after a 401 without saying so."""
    while request := await connection.request():
        answer = await passed_on(request, connection.settings.upstream)
        await connection.send(answer)
        if answer.split(b" ", 2)[1] == b"401":
            return


@behaviour
async def tap(connection: Connection) -> None:
    """A proxy of a good server that keeps what it has seen, secrets and all."""
    while request := await connection.request():
        connection.note(request.head + b"\r\n\r\n" + request.body)
        answer = await passed_on(request, connection.settings.upstream)
        connection.note(answer)
        await connection.send(answer)


@behaviour
async def corrupts(connection: Connection) -> None:
    """A proxy of a good server that puts a wrong value, or an odd header, into an answer now and then."""
    while request := await connection.request():
        answer = await passed_on(request, connection.settings.upstream)
        await connection.send(odd.corrupted(answer, next(connection.settings.counter)))


@behaviour
async def echoes(connection: Connection) -> None:
    """Tells everybody everything it was told, as JSON, as text and in headers, cut off here and there."""
    while request := await connection.request():
        connection.note(request.head)
        told = request.head.decode("latin-1")
        header = {"X-Told": " ".join(told.split())[: 100 + len(told) % 400]}
        if len(told) % 3 == 0:
            await connection.answer(401, (told * 3).encode(), "text/plain", header)
        else:
            body = {"success": True, "message": told, "room": {"roomId": told, told: [told]}, "error": told}
            await connection.answer(200, json_bytes(body), headers=header)


async def passed_on(request: Request, upstream: str) -> bytes:
    """The upstream's answer to the request. Asked in HTTP/1.0, so that its body comes in one piece."""
    host, _, port = upstream.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request.head.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1) + b"\r\n\r\n" + request.body)
        await writer.drain()
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
    finally:
        writer.close()
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    lines[0] = b"HTTP/1.1" + lines[0][8:]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@behaviour
async def markup(connection: Connection) -> None:
    """Answers of the right shape with markup and terminal escapes in every string."""
    while request := await connection.request():
        status, body = marked_up(request.path.split("?")[0])
        odd = {"X-Note": "<script>document.title='parley-owned'</script>", "ETag": "<img src=x onerror=x>"}
        await connection.answer(status, json_bytes(body), headers=odd)


def marked_up(path: str) -> tuple[int, dict[str, Any]]:
    """What the path would be answered with, each string replaced."""
    room = {
        **dict.fromkeys(("roomId", "broadcasterId", "broadcasterName", "createdAt", "customName"), MARKUP),
        **dict.fromkeys(("parentRoomId", "createdBy", "keyHash", "encryptedRoomKey"), MARKUP),
        "participantCount": 1,
        "isPublic": True,
        "lastActivity": 0,
        "invitedUsers": [MARKUP],
    }
    mail = {"type": MARKUP, "fromUserId": MARKUP, "offer": MARKUP, "answer": MARKUP}
    answers: dict[str, dict[str, Any]] = {
        "/health": {"status": MARKUP, "service": MARKUP, "timestamp": MARKUP},
        "/signaling/rooms": {"rooms": [room, {MARKUP: MARKUP}]},
        "/signaling/ice-servers": {"iceServers": [{"urls": [MARKUP], "username": MARKUP}], "ttl": 600},
    }
    if path in answers:
        return 200, {"success": True, **answers[path]}
    if path.startswith("/signaling/candidates/"):
        return 200, {"success": True, "candidates": [{"candidate": MARKUP, "sdpMid": MARKUP}], "next": MARKUP}
    if path.startswith("/signaling/"):
        return 200, {"success": True, "message": MARKUP, "room": room, MARKUP: MARKUP, **mail}
    return 404, {"error": MARKUP, "message": MARKUP, "details": {MARKUP: [MARKUP]}}


@behaviour
async def odd_types(connection: Connection) -> None:
    """JSON in which no value is sure to be of the type that was agreed on, under odd headers."""
    while await connection.request():
        await connection.send(odd.answer(next(connection.settings.counter)))


async def serve(chosen: Behaviour, settings: Settings, port: int) -> None:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await chosen(Connection(reader, writer, settings))
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has gone, which is all that can be done here
        finally:
            writer.close()

    server = await asyncio.start_server(accepted, "127.0.0.1", port, limit=4 * 1024**2)
    host, bound = server.sockets[0].getsockname()[:2]
    settings.url = f"http://{host}:{bound}"
    print(json.dumps({"url": settings.url}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=sorted(BEHAVIOURS))
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--healthy", action="store_true")
    parser.add_argument("--elsewhere", default="http://127.0.0.1:9", help="where redirects lead")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first fault")
    parser.add_argument("--record", default="", metavar="FILE", help="where to keep what went over the wire")
    parser.add_argument("--upstream", default="", metavar="HOST:PORT", help="the good server behind a proxy")
    parsed = parser.parse_args()
    settings = Settings(parsed.elsewhere, parsed.upstream, parsed.healthy, parsed.record)
    settings.counter = itertools.count(parsed.first)
    try:
        asyncio.run(serve(BEHAVIOURS[parsed.name], settings, parsed.port))
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())

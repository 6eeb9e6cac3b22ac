"""The proxy does each of its faults for real, to a small server that keeps what it was asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from conformance.explore.schedules.faults import FaultyWire
from conformance.explore.schedules.playing import LOST, TWICE, UNKNOWN, UNSENT, Ways, fault
from conformance.explore.schedules.proxy import DELAY_S, KINDS, FaultProxy
from protocol.operations import Answer, Request
from protocol.wire import Wire, WireOptions

REQUEST = Request("sendOffer", "POST", "/signaling/offer").with_body(b'{"offer":"v=0"}')


@dataclass
class Small:
    """Answers with the number of the request; `silent` ones it reads, and closes. Where it `stays` it never
    closes a connection.
    """

    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    announced: bool = True
    chunked: bool = False
    stays: bool = False
    silent: bool = False
    url: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(int(length.split(b":")[1])))
        self.asked.set()
        if not self.silent:
            body = b'{"number": %d, "filler": "%s"}' % (len(self.heads), b"x" * 200)
            said = b"Content-Length: %d\r\n" % len(body) if self.announced else b""
            if self.chunked:
                said, half = b"Transfer-Encoding: chunked\r\n", len(body) // 2
                parts = [b"%x;a=b\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:])]
                body = b"".join(parts) + b"0\r\nX-Trailer: yes\r\n\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + said + b"\r\n" + body)
        if self.stays:
            await writer.drain()
            await reader.read()  # until the other end goes
        writer.close()


@asynccontextmanager
async def small(**how: bool) -> AsyncIterator[tuple[Small, FaultyWire]]:
    made = Small(**how)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    plain = Wire(WireOptions(made.url))
    try:
        async with FaultProxy(made.url) as proxy:
            wire = FaultyWire(plain, proxy)
            yield made, wire
            await wire.close()
    finally:
        await plain.close()
        server.close()


async def harmed(wire: FaultyWire, kind: str) -> tuple[Answer, Ways]:
    ways: Ways = []
    fault.set((kind, ways))
    try:
        return await wire.send(REQUEST), ways
    finally:
        fault.set(None)


@pytest.mark.parametrize(
    ("kind", "asked", "number", "ways"),
    [
        ("slow", 1, 1, []),
        ("unsent", 0, None, [UNSENT]),
        ("unheard", 1, None, [LOST]),
        ("torn", 1, None, [LOST]),
        ("cut", 1, None, [LOST]),
        ("twice", 2, 1, [TWICE]),
        ("again", 2, 2, [TWICE]),
    ],
)
def test_each_fault_is_done(kind: str, asked: int, number: int | None, ways: Ways) -> None:
    async def play() -> None:
        async with small() as (server, wire):
            answer, found = await harmed(wire, kind)
            assert len(server.heads) == asked
            assert answer.at("number") == number
            assert (answer.status, answer.error is None) == ((200, True) if number else (None, False))
            assert found == ways
            assert set(server.bodies) <= {REQUEST.body}

    asyncio.run(play())


def test_an_abandoned_request_reaches_the_target() -> None:
    async def play() -> None:
        async with small() as (server, wire):
            answer, ways = await harmed(wire, "abandoned")
            assert answer.status is None
            assert ways == [UNKNOWN]
            async with asyncio.timeout(60):
                await server.asked.wait()

    asyncio.run(play())


def test_a_slow_way_takes_its_time() -> None:
    async def play() -> None:
        async with small() as (_, wire):
            started = time.monotonic()
            await harmed(wire, "slow")
            assert time.monotonic() - started >= 2 * DELAY_S

    asyncio.run(play())


@pytest.mark.parametrize("kind", ["torn", "cut"])
def test_half_an_answer_never_passes_for_a_whole_one(kind: str) -> None:
    """Not even where its length was not announced, and its end is that of the connection."""

    async def play() -> None:
        async with small(announced=False) as (_, wire):
            answer, ways = await harmed(wire, kind)
            assert not answer.ok
            assert ways == [LOST]

    asyncio.run(play())


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_ends_where_it_says_though_the_connection_does_not(chunked: bool) -> None:
    async def play() -> None:
        async with small(stays=True, chunked=chunked) as (_, wire):
            async with asyncio.timeout(60):
                assert (await wire.send(REQUEST)).at("number") == 1
                answer, ways = await harmed(wire, "again")
            assert answer.at("number") == 3 and ways == [TWICE]
            for kind in ("torn", "cut"):
                answer, ways = await harmed(wire, kind)
                assert not answer.ok and ways == [LOST]

    asyncio.run(play())


def test_what_the_target_does_not_answer_is_not_called_lost_on_the_way() -> None:
    async def play() -> None:
        async with small(silent=True) as (server, wire):
            for kind in ("unheard", "twice"):
                answer, ways = await harmed(wire, kind)
                assert answer.status is None
                assert ways == []
            assert len(server.heads) == 3

    asyncio.run(play())


def test_without_a_fault_all_goes_through_unchanged() -> None:
    async def play() -> None:
        async with small() as (server, wire):
            answer = await wire.send(REQUEST.with_header("X-Mine", "yes"))
            assert answer.at("number") == 1
            assert b"X-Mine: yes" in server.heads[0] or b"x-mine: yes" in server.heads[0]
            assert server.url.removeprefix("http://").encode() in server.heads[0]

    asyncio.run(play())


def test_the_target_is_not_told_of_faults() -> None:
    async def play() -> None:
        async with small() as (server, wire):
            for kind in KINDS:
                await harmed(wire, kind)
            assert not any(b"fault" in head.lower() for head in server.heads)

    asyncio.run(play())


def test_many_at_once_do_not_mix() -> None:
    async def play() -> None:
        async with small() as (server, wire):
            kinds = [KINDS[number % 7] for number in range(70)]
            done = await asyncio.gather(*(asyncio.create_task(harmed(wire, kind)) for kind in kinds))
            for kind, (answer, ways) in zip(kinds, done, strict=True):
                assert ways == {"unsent": [UNSENT], "slow": [], "twice": [TWICE], "again": [TWICE]}.get(
                    kind, [LOST]
                )
                assert (answer.status == 200) == (kind in ("slow", "twice", "again"))
            assert len(server.heads) == 10 * (7 - 1 + 2)

    asyncio.run(play())


def test_https_is_not_tried() -> None:
    with pytest.raises(ValueError, match="http only"):
        FaultProxy("https://chat.example")


def test_what_is_no_http_gets_no_answer() -> None:
    async def play() -> None:
        async with small() as (server, wire):
            host, port = wire.options.base_url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"no HTTP at all")
            writer.write_eof()
            with suppress(ConnectionError):
                async with asyncio.timeout(60):
                    assert await reader.read() == b""
            writer.close()
            assert server.heads == []

    asyncio.run(play())

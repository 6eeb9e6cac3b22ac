"""The wire: bounds of time and size, and nothing that a target sends makes it raise."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from report_kit import SPEC
from score_kit import free_port, hostile

from protocol import widened
from protocol import wire as wire_module
from protocol.operations import Answer, Operations, Request
from protocol.wire import Pulse, Throttle, Wire, WireOptions
from suite import opening

LISTING = Request("listRooms", "GET", "/signaling/rooms")
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def wired(handle: Handler, **options: Any) -> AsyncIterator[Wire]:
    """A wire to a server that does this with each connection."""
    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        wire = Wire(WireOptions(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", **options))
        try:
            yield wire
        finally:
            await wire.close()


def ask(url: str, request: Request = LISTING, *, times: int = 1, request_s: float = 60.0) -> list[Answer]:
    async def inside() -> list[Answer]:
        wire = Wire(WireOptions(url, request_s=request_s, headers=(("User-Agent", "parley/test"),)))
        try:
            return [await wire.send(request) for _ in range(times)]
        finally:
            await wire.close()

    return asyncio.run(inside())


def answered(raw: bytes, *, times: int = 1, decodes: bool = True) -> tuple[list[Answer], list[bytes]]:
    """What the wire makes of these bytes, and the heads of the requests it sent; a connection each."""
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(raw)
        await writer.drain()
        if b"keep-alive" in raw:
            await reader.read(-1)  # until the client goes
        writer.close()

    async def inside() -> list[Answer]:
        async with wired(handle, request_s=60.0, decodes=decodes) as wire:
            return [await wire.send(LISTING) for _ in range(times)]

    return asyncio.run(inside()), heads


def test_a_wire_for_files_decodes_none_of_them() -> None:
    raw = http(b'{"rooms": []}', "Content-Type: application/json")
    assert answered(raw)[0][0].body == {"rooms": []}
    (answer,), _ = answered(raw, decodes=False)
    assert (answer.status, answer.raw, answer.body) == (200, b'{"rooms": []}', None)
    target = widened.of_cdn("http://127.0.0.1:9/chat", None, SPEC)
    assert target.cdn is not None
    assert not opening.open_wire(target, "abc234", cdn=target.cdn).options.decodes
    assert opening.open_wire(target, "abc234").options.decodes


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def test_an_answer_is_what_came() -> None:
    raw = http(
        b'{"rooms": []}', "Content-Type: application/json", "Vary: Origin", "VARY: Accept", status="404 No"
    )
    (answer,), _ = answered(raw)
    assert (answer.status, answer.body, answer.error) == (404, {"rooms": []}, None)
    assert answer.header_values("vary") == ["Origin", "Accept"], "both, in order"
    assert answer.ended >= answer.started > 0


def test_every_request_has_a_connection_of_its_own() -> None:
    answers, heads = answered(http(b"{}", "Connection: keep-alive"), times=3)
    assert [answer.status for answer in answers] == [200] * 3
    assert len(heads) == 3


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "no connection"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "no "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}", "no valid HTTP answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: nonsense\r\n\r\n{}", "no "),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
            "no valid HTTP answer",
        ),
        (b"HTTP/1.1 200 OK\r\n" + b"X-Many: y\r\n" * 100_000 + b"\r\n", "no "),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 5_000_000 + b"\r\n\r\n", "no "),
        (b"HTTP/9.9 200 OK\r\n\r\n", "no "),
        (b"HTTP/1.1 99999 OK\r\nContent-Length: 2\r\n\r\n{}", "no "),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_what_is_no_answer_is_an_error_in_words(raw: bytes, words: str) -> None:
    (answer,), _ = answered(raw)
    assert answer.status is None
    assert answer.error is not None
    assert answer.error.startswith(words)
    assert "\n" not in answer.error


def test_nobody_there_is_an_error_too() -> None:
    (answer,) = ask(f"http://127.0.0.1:{free_port()}")
    assert answer.status is None
    assert str(answer.error).startswith("no connection")


def test_a_body_is_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_module, "MAX_ANSWER_BYTES", 100)
    assert answered(http(b" " * 98 + b"{}"))[0][0].status == 200
    (answer,), _ = answered(http(b" " * 99 + b"{}"))
    assert (answer.status, answer.raw) == (None, b"")
    assert answer.error == "the body is larger than 100 bytes"


def test_nothing_is_decompressed() -> None:
    raw = b"\x1f\x8b\x08\x00 not even gzip"
    (answer,), heads = answered(http(raw, "Content-Encoding: gzip"))
    assert (answer.status, answer.raw, answer.body) == (200, raw, None)
    assert b"accept-encoding" not in heads[0].lower()


def test_patience_ends() -> None:
    with hostile("silent") as url:  # it would hold its tongue for an hour
        began = time.monotonic()
        (answer,) = ask(url, request_s=0.3)
    assert answer.error == "no answer within 0.3 s"
    assert time.monotonic() - began < 60


def test_a_redirect_is_an_answer_like_any_other() -> None:
    (answer,), heads = answered(http(b"", "Location: /elsewhere", status="302 Found"))
    assert (answer.status, answer.header("Location"), len(heads)) == (302, "/elsewhere", 1)


def test_a_path_goes_out_as_it_is() -> None:
    request = Request("getOffer", "GET", "/signaling/offer/..%2F..%2Fhealth?a=%00")
    heads: list[bytes] = []

    async def inside() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(http(b"{}"))
            writer.close()

        async with wired(handle) as wire:
            await wire.send(request)

    asyncio.run(inside())
    assert heads[0].startswith(b"GET /signaling/offer/..%2F..%2Fhealth?a=%00 HTTP/1.1\r\n")


def test_the_pulse_counts_silence_and_knows_since_when() -> None:
    pulse = Pulse()
    for started in (1.0, 2.0, 3.0):
        pulse.beat(Answer("health", None, started=started))
    assert (pulse.silent, pulse.since) == (3, 1.0)
    pulse.beat(Answer("health", 500, started=4.0))
    assert pulse.silent == 0
    pulse.beat(Answer("health", None, started=5.0))
    assert (pulse.silent, pulse.since) == (1, 5.0)


def test_a_throttle_spreads_requests_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that waited while the machine stood still for two seconds."""
    now = 1000.0
    stalls = iter([0.0, 0.0, 2.0])
    turn = asyncio.sleep

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds + next(stalls, 0.0)
        await turn(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(wire_module.time, "monotonic", lambda: now)
    sent: list[float] = []

    async def request(throttle: Throttle) -> None:
        await throttle.wait()
        sent.append(now - 1000.0)

    async def burst() -> None:
        throttle = Throttle(5.0)
        await asyncio.gather(*(request(throttle) for _ in range(6)))
        await Throttle(0.0).wait()

    asyncio.run(burst())
    assert sent == pytest.approx([0.0, 0.2, 2.4, 2.6, 2.8, 3.0])


@pytest.mark.parametrize("odd", ["x" * 70_000, "x" * 60_000, "\x00", "\ud800"])
def test_what_is_no_url_is_an_error_too(odd: str) -> None:
    """A target gives out ids and cursors that we send back."""
    [answer] = ask("http://127.0.0.1:1", LISTING.with_path(f"/signaling/offer/{odd}"))
    assert answer.status is None
    assert answer.error


def test_a_query_holds_whatever_a_target_gave_out() -> None:
    operations = Operations(SPEC)
    request = operations.request(
        "getCandidates", params={"roomId": "\ud800"}, query={"since": "\udfff ä"}
    ).with_query(more="\ud800")
    assert request.path.endswith("%ED%A0%80?since=%ED%BF%BF+%C3%A4&more=%ED%A0%80")


def test_a_cancellation_that_comes_with_the_answer_is_not_lost() -> None:
    """pyreqwest swallows some; whoever waited would go on as if nobody had pressed Ctrl-C."""
    heard: list[bool] = []

    async def inside() -> None:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(http(b"{}"))
            writer.close()

        async with wired(handle) as wire:
            for number in range(300):
                sending = asyncio.create_task(wire.send(LISTING))
                await asyncio.sleep(number % 60 / 10_000)  # some come before the answer, some with it
                if sending.cancel():
                    await asyncio.wait([sending])
                    heard.append(sending.cancelled())

    asyncio.run(inside())
    assert heard and all(heard), f"{heard.count(False)} of {len(heard)} went unheard"


def test_a_transport_that_swallows_a_cancellation_does_not_stop_it() -> None:
    async def inside() -> tuple[bool, Answer]:
        wire = Wire(WireOptions("http://127.0.0.1:1", request_s=0.05))
        waiting = asyncio.Event()

        async def swallows(request: httpx.Request) -> httpx.Response:
            waiting.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                return httpx.Response(200, stream=httpx.ByteStream(b"{}"))
            raise AssertionError("nobody cancelled it")

        wire._transport.handle_async_request = swallows  # type: ignore[method-assign]
        in_time = await wire.send(LISTING)  # ended by its own deadline, which is no cancellation
        wire.options = WireOptions("http://127.0.0.1:1", request_s=60)
        waiting.clear()
        sending = asyncio.create_task(wire.send(LISTING))
        await waiting.wait()
        sending.cancel()
        await asyncio.wait([sending])
        await wire.close()
        return sending.cancelled(), in_time

    cancelled, in_time = asyncio.run(inside())
    assert cancelled
    assert in_time.error is None and in_time.status == 200

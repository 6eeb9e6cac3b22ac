"""Serves an application over TCP: connections, time limits, signals, an end in good order.

One process and one event loop, since the state is in memory. It knows nothing of the protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable
from typing import Protocol

from reference_server.app import Reply, Response
from reference_server.http1 import HttpError, Parser, head
from reference_server.log import Log
from reference_server.requests import Request

BACKLOG = 1024
CONNECTIONS = 8192  # more are closed at once
RECEIVED = 1 << 16  # bytes taken from a socket at once
PIPELINED = 1 << 16  # bytes that may wait behind a request that is being answered
IDLE_S = 75.0  # a kept connection without a request
READ_S = 20.0  # from the first byte of a request to its last
WRITE_S = 20.0  # until a client takes its answer
SWEEP_S = 1.0
BODILESS = (204, 304)  # answers that never have a body
STOP_S = 3.0  # requests under way get this long to be answered when the server ends


class ServeError(Exception):
    """The server cannot serve; the request names the address and the reason."""


class Application(Protocol):
    """What is served."""

    @property
    def body_cap(self) -> int: ...
    def respond(self, request: Request) -> Reply: ...
    def malformed(self, status: int, message: str) -> Response: ...
    def operation(self, request: Request) -> str: ...


def claim(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 means any free one. Raises ServeError where the port is taken."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ServeError(f"{host}: is no address to listen on: {error.strerror}") from None
    claimed = socket.socket(family, kind)
    try:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(address)
        claimed.listen(BACKLOG)
    except OSError as error:
        claimed.close()
        why = (error.strerror or "failed").lower()
        raise ServeError(f"cannot listen on {host} port {port}: {why}") from None
    return claimed


async def serve(app: Application, claimed: socket.socket, log: Log, on_ready: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT, then ends in good order; `on_ready` gets the URL."""
    host, port = claimed.getsockname()[:2]
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    connections = Connections()
    listener = await loop.create_server(lambda: Connection(app, log, connections), sock=claimed)
    sweeping = asyncio.create_task(connections.sweep())
    on_ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    await stopping.wait()
    listener.close()
    await connections.end()
    sweeping.cancel()


class Connections:
    """The open connections."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._none = asyncio.Event()
        self.now = time.monotonic()  # as of the last look; good enough for limits of many seconds

    def add(self, connection: Connection) -> bool:
        """False where there are too many."""
        self._open.add(connection)
        return len(self._open) <= CONNECTIONS

    def discard(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._none.set()

    async def sweep(self) -> None:
        """Closes those that are overdue: one look a second is cheaper than a timer a request."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.now = time.monotonic()
            for connection in list(self._open):
                connection.close_if_overdue(self.now)

    async def end(self) -> None:
        """Lets requests under way be answered, for a while, and closes everything."""
        for connection in list(self._open):
            connection.stop()
        self._none.clear()
        if self._open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none.wait(), STOP_S)
        for connection in list(self._open):
            connection.abort()


class Connection(asyncio.BufferedProtocol):
    """One connection: requests are answered one after the other, in the order in which they came."""

    # All connections share it, as each takes its bytes out at once. The plain Protocol would have the kernel
    # map and unmap a quarter of a megabyte for each request.
    _received = memoryview(bytearray(RECEIVED))

    def __init__(self, app: Application, log: Log, connections: Connections) -> None:
        self._app = app
        self._log = log
        self._connections = connections
        self._parser = Parser(app.body_cap)
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._answering: asyncio.Task[None] | None = None
        self._writable = True
        self._stopping = False
        self._deadline = 0.0

    # -- what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._deadline = self._connections.now + IDLE_S
        if not self._connections.add(self):
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        self._transport = None

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._received

    def buffer_updated(self, nbytes: int) -> None:
        data = self._received[:nbytes].tobytes()
        if self._parser.idle:
            self._deadline = self._connections.now + READ_S
        self._parser.feed(data)
        if self._answering is None and self._writable:
            self._proceed()
        elif self._transport is not None and self._parser.waiting > PIPELINED:
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        self._writable = False
        self._deadline = self._connections.now + WRITE_S

    def resume_writing(self) -> None:
        self._writable = True
        if self._answering is None:
            self._read_on()

    def eof_received(self) -> bool:
        """The client sends no more; it may still wait for the answer under way."""
        self._stopping = True
        return self._answering is not None

    # -- what the server calls

    def stop(self) -> None:
        """No further request is taken; one under way is answered."""
        self._stopping = True
        if self._answering is None and self._parser.idle:
            self.close()

    def close(self) -> None:
        """Closes once everything is written."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._answering is not None:
            self._answering.cancel()
        if self._transport is not None:
            self._transport.abort()

    def close_if_overdue(self, now: float) -> None:
        if self._answering is None and now > self._deadline:
            self.abort()

    # -- answering

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
            self._proceed()

    def _proceed(self) -> None:
        """Answers whatever requests are here, as far as that goes without waiting."""
        transport, parser = self._transport, self._parser
        while transport is not None and self._writable and not transport.is_closing():
            if parser.idle:
                self._deadline = self._connections.now + IDLE_S
                if self._stopping:
                    transport.close()
                return
            try:
                request = parser.next()
            except HttpError as error:
                self._write(self._app.malformed(error.status, error.message), keep_alive=False)
                return
            if request is None:
                if parser.expects_continue:
                    parser.expects_continue = False
                    transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                return
            request.peer = self._peer
            started = time.perf_counter() if self._log.debugs else 0.0
            reply = self._app.respond(request)
            if isinstance(reply, Response):
                self._answer(request, reply, started)
            else:
                self._answering = asyncio.create_task(self._answer_later(request, reply, started))
                return

    async def _answer_later(self, request: Request, reply: Reply, started: float) -> None:
        assert not isinstance(reply, Response)
        response = await reply
        self._answering = None
        if self._transport is None:
            return
        self._answer(request, response, started)
        self._read_on()

    def _answer(self, request: Request, response: Response, started: float) -> None:
        body = b"" if request.method == "HEAD" else response.body
        self._write(response, keep_alive=request.keep_alive and not self._stopping, body=body)
        if self._log.debugs:
            spent = round((time.perf_counter() - started) * 1000, 2)
            self._log.debug(
                "request", operation=self._app.operation(request), status=response.status, ms=spent
            )

    def _write(self, response: Response, *, keep_alive: bool, body: bytes | None = None) -> None:
        assert self._transport is not None
        length = None if response.status in BODILESS else len(response.body)
        first = head(response.status, response.fields, length, keep_alive=keep_alive)
        self._transport.write(first + (response.body if body is None else body))
        if not keep_alive:
            self._transport.close()

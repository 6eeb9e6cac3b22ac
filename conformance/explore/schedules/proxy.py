"""A proxy on the loopback that does harm to one request as it is told: late, torn, lost or twice.

It serves one request a connection, as protocol/wire.py sends them. What becomes of a request it is told by a
header, which goes no further; what became of it, it keeps until it is asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

from conformance.explore.schedules.schedule import ABANDONED

HEADER = "X-Parley-Fault"  # `kind ticket`
DELAY, EARLY, LATE, TORN, CUT, TWICE, AGAIN = (
    "slow",  # the request waits a while, and so does its answer
    "unsent",  # the connection is reset, and the request goes nowhere
    "unheard",  # the request goes on; the connection is reset in place of an answer
    "torn",  # the connection is reset in the middle of the answer
    "cut",  # the answer ends in its middle, in good order
    "twice",  # the request goes on twice, one after the other; the first answer comes back
    "again",  # the same, and the second answer comes back
)  # and ABANDONED: it goes on, and both connections are closed at once
KINDS = (DELAY, EARLY, LATE, TORN, CUT, TWICE, AGAIN, ABANDONED)
MAX_HEAD = 256 * 1024
MAX_BYTES = 4 * 1024 * 1024  # of a request or an answer
DELAY_S = 0.02
SILENCE_S = 10.0  # so long may an exchange with the target take
KEPT = 10_000  # tickets that nobody asked for
LINE, END = b"\r\n", b"\r\n\r\n"
LENGTH = re.compile(rb"\r\nContent-Length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\nTransfer-Encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
CHUNK = re.compile(rb"[ \t]*([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r\n", re.IGNORECASE)
INTERIM, BODILESS = re.compile(rb"HTTP/\S+ 1\d\d"), re.compile(rb"HTTP/\S+ (?:204|304)")
RESET = struct.pack("ii", 1, 0)  # SO_LINGER without waiting: closing resets the connection


@dataclass(frozen=True)
class Fate:
    """How often the target answered a request whole."""

    answered: int = 0


class FaultProxy:
    """Between a client and one http target. An async context manager; `base_url` is what to ask instead."""

    def __init__(self, target_url: str) -> None:
        parts = urlsplit(target_url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{target_url}: faults on the way are tried over http only")
        self._host, self._port = parts.hostname, parts.port or 80
        self._host_header = parts.netloc.rpartition("@")[2]
        self._path = parts.path.rstrip("/")
        self._server: asyncio.Server | None = None
        self._fates: dict[str, Fate] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.base_url = ""

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MAX_HEAD)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}{self._path}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        assert self._server is not None, "what was entered is left"
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def fate(self, ticket: str) -> Fate:
        """What became of the request with that ticket; asked once."""
        return self._fates.pop(ticket, Fate())

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio holds its tasks weakly.
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(3 * SILENCE_S):
                head, body = await _message(reader)
                found = re.search(rf"\r\n{HEADER}: *(\S+) (\S+)".encode(), head, re.IGNORECASE)
                kind, ticket = (found[1].decode(), found[2].decode()) if found else ("", "")
                answer = await self._forward(kind, ticket, self._rewritten(head) + body)
                await _give(writer, kind, answer)
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            _reset(writer)  # whoever did not keep to HTTP gets no answer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _forward(self, kind: str, ticket: str, request: bytes) -> bytes:
        """The target's answer; empty where there is none to give."""
        if kind == EARLY:
            return b""
        if kind == ABANDONED:
            return await self._exchange(request, heard=False)
        if kind == DELAY:
            await asyncio.sleep(DELAY_S)
        answers = []
        for _ in range(2 if kind in (TWICE, AGAIN) else 1):
            answers.append(await self._exchange(request))
            if ticket:
                self._keep(ticket, Fate(sum(bool(answer) for answer in answers)))
        if kind == DELAY:
            await asyncio.sleep(DELAY_S)
        return answers[-1] if kind == AGAIN else answers[0]

    def _keep(self, ticket: str, fate: Fate) -> None:
        self._fates[ticket] = fate
        while len(self._fates) > KEPT:
            del self._fates[next(iter(self._fates))]

    async def _exchange(self, request: bytes, *, heard: bool = True) -> bytes:
        """One exchange with the target; empty where no whole answer came."""
        try:
            async with asyncio.timeout(SILENCE_S):
                reader, writer = await asyncio.open_connection(self._host, self._port, limit=MAX_HEAD)
                try:
                    writer.write(request)
                    await writer.drain()
                    if not heard:
                        return b""
                    head, body = await _message(reader, answer=True)
                    return head + body
                finally:
                    writer.close()
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            return b""

    def _rewritten(self, head: bytes) -> bytes:
        """As the target shall see it: its own name, no fault, and an end after one exchange."""
        lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        hidden = (b"host:", b"connection:", HEADER.lower().encode() + b":")
        kept = [lines[0], *(line for line in lines[1:] if not line.lower().startswith(hidden))]
        kept += [b"Host: " + self._host_header.encode(), b"Connection: close"]
        return b"\r\n".join(kept) + b"\r\n\r\n"


async def _message(reader: asyncio.StreamReader, *, answer: bool = False) -> tuple[bytes, bytes]:
    """Head and body of a request or an answer. Raises EOFError or ValueError where it is not whole.

    It ends where it says that it does: not every server closes the connection, though it is asked to.
    """
    head = await reader.readuntil(END)
    while answer and INTERIM.match(head):
        head = await reader.readuntil(END)
    if answer and BODILESS.match(head):
        return head, b""
    if CHUNKED.search(head):
        return head, await _chunked(reader)
    length = LENGTH.search(head)
    if length is not None:
        if int(length[1]) > MAX_BYTES:
            raise ValueError("a body without measure")
        return head, await reader.readexactly(int(length[1]))
    if not answer:
        return head, b""
    chunks, size = [], 0
    while chunk := await reader.read(65536):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BYTES:
            raise ValueError("a body without measure")
    return head, b"".join(chunks)


async def _chunked(reader: asyncio.StreamReader) -> bytes:
    """A chunked body as it came, with its last chunk and what follows that."""
    parts, size, left = [], 0, -1
    while left:
        line = await reader.readuntil(LINE)
        found = CHUNK.match(line)
        if found is None:
            raise ValueError("no chunk")
        left = int(found[1], 16)
        parts.append(line)
        size += len(line) + left
        if size > MAX_BYTES:
            raise ValueError("a body without measure")
        if left:
            parts.append(await reader.readexactly(left + len(LINE)))
    while parts[-1] != LINE:  # trailers, and the empty line at their end
        parts.append(await reader.readuntil(LINE))
        size += len(parts[-1])
        if size > MAX_BYTES:
            raise ValueError("a body without measure")
    return b"".join(parts)


async def _give(writer: asyncio.StreamWriter, kind: str, answer: bytes) -> None:
    """The answer, as far as the fault lets it through."""
    head = answer.find(b"\r\n\r\n") + 4
    if not answer or kind in (EARLY, LATE):
        _reset(writer)
        return
    if kind in (TORN, CUT):
        # Where no length was announced, half a body would pass for a whole one: then it ends in its head.
        announced = re.search(rb"\r\nContent-Length:", answer[:head], re.IGNORECASE)
        answer = answer[: (head + len(answer)) // 2 if announced else head // 2]
    writer.write(answer)
    await writer.drain()
    if kind == TORN:
        _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes the connection so that the other end sees it reset."""
    found = writer.get_extra_info("socket")
    if found is not None and found.fileno() != -1:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()

"""Sends requests to one target and reads its answers within bounds of time and size.

A target is hostile until proven otherwise: bodies are capped, never decompressed, redirects are never
followed, every exchange has a deadline. It knows nothing of users or rooms (client.py does).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.compatibility.httpx import HttpxTransport

from protocol.operations import Answer, Header, Request, decode

MAX_ANSWER_BYTES = 2 * 1024 * 1024  # nothing the protocol allows comes near it


class ConnectionLost(Exception):
    """A kept-alive connection died under a request that must not be repeated; start the check again."""


@dataclass
class Pulse:
    """Whether the target still answers: counts requests in a row that brought no HTTP answer at all."""

    silent: int = 0
    answered: int = 0

    def beat(self, answer: Answer) -> None:
        if answer.status is None:
            self.silent += 1
        else:
            self.silent = 0
            self.answered += 1


@dataclass
class Throttle:
    """At most `per_second` requests a second, spread evenly; 0 is no limit."""

    per_second: float = 0.0
    _next: float = 0.0

    async def wait(self) -> None:
        if self.per_second <= 0:
            return
        now = time.monotonic()
        turn = max(now, self._next)
        self._next = turn + 1 / self.per_second
        await asyncio.sleep(turn - now)


@dataclass(frozen=True)
class WireOptions:
    """`request_s` bounds one exchange as a whole, `connect_s` the making of a connection."""

    base_url: str
    request_s: float = 10.0
    connect_s: float = 5.0
    headers: tuple[Header, ...] = ()
    safe_to_repeat: frozenset[str] = frozenset()
    throttle: Throttle = field(default_factory=Throttle)
    pulse: Pulse = field(default_factory=Pulse)
    keep_alive: bool = True


class Wire:
    """The connections of one check. Some servers close a kept-alive connection after a refusal without
    saying so, or leave the refused body unread in it: after any refusal no connection is used again.
    """

    def __init__(self, options: WireOptions) -> None:
        self.options = options
        self._client: httpx.AsyncClient | None = None
        self._used = 0
        self._retired: list[httpx.AsyncClient] = []

    async def send(self, request: Request) -> Answer:
        """Sends once; never raises for what the target does. Raises ConnectionLost (see there)."""
        await self.options.throttle.wait()
        client, reused = self._take()
        answer = await self._exchange(client, request)
        if answer.error and answer.error.startswith("connection lost") and reused:
            self.retire()
            if request.operation not in self.options.safe_to_repeat:
                raise ConnectionLost(f"{request.method} {request.path}: {answer.error}")
            answer = await self._exchange(self._take()[0], request)
        if answer.status is None or answer.status >= 400 or not self.options.keep_alive:
            self.retire()
        self.options.pulse.beat(answer)
        return answer

    def retire(self) -> None:
        """No request from now on goes over a connection that exists now."""
        if self._client is not None:
            self._retired.append(self._client)
            self._client = None

    async def close(self) -> None:
        self.retire()
        retired, self._retired = self._retired, []
        for client in retired:
            await client.aclose()

    def _take(self) -> tuple[httpx.AsyncClient, bool]:
        if self._client is None:
            self._client = httpx.AsyncClient(transport=_transport(self.options))
            self._used = 0
        self._used += 1
        return self._client, self._used > 1

    async def _exchange(self, client: httpx.AsyncClient, request: Request) -> Answer:
        started = time.monotonic()
        answer = Answer(request.operation, started=started)
        try:
            async with asyncio.timeout(self.options.request_s):
                answer = await self._read(client, request, answer)
        except TimeoutError:
            answer = replace(answer, error=f"no answer within {self.options.request_s:g} s")
        except httpx.TimeoutException as error:
            answer = replace(answer, error=f"no answer in time: {_words(error)}")
        except httpx.ConnectError as error:
            answer = replace(answer, error=f"no connection: {_words(error)}")
        except httpx.NetworkError as error:
            answer = replace(answer, error=f"connection lost: {_words(error)}")
        except httpx.HTTPError as error:
            answer = replace(answer, error=f"no valid HTTP answer: {_words(error)}")
        return replace(answer, ended=time.monotonic())

    async def _read(self, client: httpx.AsyncClient, request: Request, answer: Answer) -> Answer:
        outgoing = httpx.Request(
            request.method,
            self.options.base_url + request.path,
            headers=[*request.headers, *self.options.headers],
            content=request.body,
        )
        response = await client.send(outgoing, stream=True, follow_redirects=False)
        try:
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_raw():
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER_BYTES:
                    return replace(answer, error=f"the body is larger than {MAX_ANSWER_BYTES} bytes")
        finally:
            await response.aclose()
        raw = b"".join(chunks)
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return replace(answer, status=response.status_code, headers=headers, raw=raw, body=decode(raw))


def _transport(options: WireOptions) -> HttpxTransport:
    builder = (
        ClientBuilder()
        .http1_only()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .connect_timeout(timedelta(seconds=options.connect_s))
        .timeout(timedelta(seconds=options.request_s + 1))
    )
    if not options.keep_alive:
        builder = builder.pool_max_idle_per_host(0)
    return HttpxTransport(builder.build())


def _words(error: Exception) -> str:
    """The innermost cause in one line: what a person wants to know of a chain of wrappers."""
    seen: Exception = error
    while isinstance(seen.__cause__, Exception):
        seen = seen.__cause__
    details = getattr(seen, "details", None) or {}
    causes = details.get("causes") if isinstance(details, dict) else None
    text = str(causes[-1].get("message", "")) if causes else str(seen)
    return " ".join(text.split())[:200] or type(seen).__name__

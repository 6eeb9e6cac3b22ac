"""Sends requests to one target and reads its answers within bounds of time and size.

A target is hostile until proven otherwise: bodies are capped, never decompressed, redirects are never
followed, every exchange has a deadline. It knows nothing of users or rooms (client.py does).
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
from pyreqwest.client import ClientBuilder
from pyreqwest.compatibility.httpx import HttpxTransport
from pyreqwest.compatibility.httpx._internal import map_exception
from pyreqwest.compatibility.httpx.transport import ResponseStream
from pyreqwest.exceptions import PyreqwestError
from pyreqwest.http import HeaderMap
from pyreqwest.request import RequestBuilder

from protocol.operations import Answer, Header, Request, decode

LET_GO_S = 0.1  # for threads of pyreqwest to drop what they hold: an interpreter that ends meanwhile aborts
SILENCE_S = 5.0  # so long may a target say nothing, once a request is there or in the middle of an answer
MAX_ANSWER_BYTES = 2 * 1024 * 1024  # nothing the protocol allows comes near it

NOT_ASCII = "(not ASCII)"  # stands for a header value that the client library cannot read


@dataclass
class Pulse:
    """Whether the target still answers: counts requests in a row that brought no HTTP answer at all, and
    `since` when (a monotonic clock).
    """

    silent: int = 0
    since: float = 0.0
    answered: int = 0

    def beat(self, answer: Answer) -> None:
        if answer.status is None:
            self.since = self.since if self.silent else answer.started
            self.silent += 1
        else:
            self.silent = 0
            self.answered += 1


@dataclass
class Throttle:
    """At most `per_second` requests a second, spread evenly, also after a time in which nothing was done;
    0 is no limit.
    """

    per_second: float = 0.0
    _next: float = 0.0
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def wait(self) -> None:
        if self.per_second <= 0:
            return
        async with self._turn:
            await asyncio.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + 1 / self.per_second


@dataclass(frozen=True)
class WireOptions:
    """`request_s` bounds one exchange as a whole, `connect_s` the making of a connection, `most_bytes`
    a body. `decodes` says whether bodies are looked at as JSON: where they are large that costs much.
    """

    base_url: str
    request_s: float = 10.0
    connect_s: float = 5.0
    headers: tuple[Header, ...] = ()
    throttle: Throttle = field(default_factory=Throttle)
    most_bytes: int = field(default_factory=lambda: MAX_ANSWER_BYTES)
    decodes: bool = True


class Wire:
    """A connection for every request, never used again.

    Some servers close a kept-alive connection after a refusal without saying so, or leave the refused body
    unread in it, where it is taken for the next request. A new connection costs 50 us; a false accusation
    costs the suite its word.
    """

    def __init__(self, options: WireOptions) -> None:
        self.options = options
        self.pulse = Pulse()
        # Without httpx's client above it, whose cookies, redirects and authentication nobody wants here.
        self._transport = _transport(options)

    async def send(self, request: Request) -> Answer:
        """Sends once; never raises for what the target does."""
        await self.options.throttle.wait()
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        answer = await self._exchange(request)
        if task is not None and task.cancelling() > before:
            # pyreqwest swallows a cancellation that comes just as the answer does: a Ctrl-C went unheard.
            raise asyncio.CancelledError
        self.pulse.beat(answer)
        return answer

    async def close(self) -> None:
        await self._transport.aclose()
        await asyncio.sleep(LET_GO_S)

    async def _exchange(self, request: Request) -> Answer:
        started = time.monotonic()
        answer = Answer(request.operation, started=started)
        try:
            async with asyncio.timeout(self.options.request_s):
                answer = await self._read(request, answer)
        except TimeoutError:
            answer = replace(answer, error=f"no answer within {self.options.request_s:g} s")
        except httpx.TimeoutException as error:
            answer = replace(answer, error=f"no answer in time: {_words(error)}")
        except httpx.ConnectError as error:
            answer = replace(answer, error=f"no connection: {_words(error)}")
        except httpx.NetworkError as error:
            answer = replace(answer, error=f"connection lost: {_words(error)}")
        except httpx.InvalidURL as error:
            answer = replace(answer, error=f"no such URL can be asked for: {_words(error)}")
        except (httpx.HTTPError, PyreqwestError, ValueError) as error:
            answer = replace(answer, error=f"no valid HTTP answer: {_words(error)}")
        return replace(answer, ended=time.monotonic())

    async def _read(self, request: Request, answer: Answer) -> Answer:
        outgoing = httpx.Request(
            request.method,
            self.options.base_url + request.path,
            headers=[*request.headers, *self.options.headers],
            content=request.body,
            extensions={"timeout": httpx.Timeout(SILENCE_S).as_dict()},
        )
        response = await self._transport.handle_async_request(outgoing)
        try:
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_raw():
                chunks.append(chunk)
                size += len(chunk)
                if size > self.options.most_bytes:
                    return replace(answer, error=f"the body is larger than {self.options.most_bytes} bytes")
        finally:
            await response.aclose()
        raw = b"".join(chunks)
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        body = decode(raw) if self.options.decodes else None
        return replace(answer, status=response.status_code, headers=headers, raw=raw, body=body)


class _Transport(HttpxTransport):
    """Lets header values through that are more than ASCII, as HTTP does; what they say is not kept."""

    async def _map_response(self, builder: RequestBuilder, request: httpx.Request) -> httpx.Response:
        stack = AsyncExitStack()
        try:
            response = await stack.enter_async_context(builder.build_streamed())
        except PyreqwestError as error:
            mapped = map_exception(error, request)
            if mapped is None:
                raise
            raise mapped from error
        return httpx.Response(
            response.status, headers=_readable(response.headers), stream=ResponseStream(response, stack)
        )


def _readable(headers: HeaderMap) -> list[Header]:
    try:
        return list(headers.items())
    except ValueError:  # one of them cannot be read: each by itself, then
        found: list[Header] = []
        for name in dict.fromkeys(headers.keys()):
            try:
                found += [(name, value) for value in headers.getall(name)]
            except ValueError:
                found.append((name, NOT_ASCII))
        return found


def _transport(options: WireOptions) -> HttpxTransport:
    client = (
        ClientBuilder()
        .http1_only()
        .no_proxy()
        .follow_redirects(False)
        .referer(False)
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .pool_max_idle_per_host(0)
        .connect_timeout(timedelta(seconds=options.connect_s))
        .timeout(timedelta(seconds=options.request_s + 1))
    )
    return _Transport(client.build())


def _words(error: Exception) -> str:
    """The innermost cause in one line: what a person wants to know of a chain of wrappers."""
    seen: Exception = error
    while isinstance(seen.__cause__, Exception):
        seen = seen.__cause__
    details = getattr(seen, "details", None) or {}
    causes = details.get("causes") if isinstance(details, dict) else None
    text = str(causes[-1].get("message", "")) if causes else str(seen)
    return " ".join(text.split())[:200] or type(seen).__name__

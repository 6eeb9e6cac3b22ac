"""HTTP/1.1 without I/O: bytes in, requests out; and the bytes of an answer.

httptools reads the bytes; here is what a server adds to it: limits, bodies kept up to a cap (what is over
it is counted and thrown away), and one request at a time.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

import httptools

from reference_server.requests import Request

MAX_HEAD = 256 * 1024  # a token of 100 kB is to be refused as a token
DISCARDED = 8  # of a body over the cap this many times the cap is read, so that clients hear the refusal

REASONS = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
AUTHORITY = re.compile(rb"https?://[^/?#]*(.*)", re.IGNORECASE)


class HttpError(Exception):
    """What came is not HTTP as we understand it; the connection cannot go on."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Parser:
    """Turns the bytes of one connection into requests."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._reader = httptools.HttpRequestParser(self)
        self._ready: deque[tuple[Request, int]] = deque()
        self._fault: HttpError | None = None
        self._fed = self._before = 0  # bytes so far of the whole connection, with and without the last
        self._taken = 0  # of those, what the requests that were handed out are made of
        self._begun = -1  # where the request under way began; -1 between two
        self.expects_continue = False  # the client waits to be told to send its body

    @property
    def idle(self) -> bool:
        """True between two requests, with nothing here of the next."""
        return self._begun < 0 and not self._ready and self._fault is None

    @property
    def waiting(self) -> int:
        """How many bytes are here beyond the requests that were handed out."""
        return self._fed - self._taken

    def feed(self, data: bytes) -> None:
        if self._fault is not None:
            return
        self._before, self._fed = self._fed, self._fed + len(data)
        try:
            self._reader.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request itself is whole; we do not change protocols, and what follows it is not for us.
            if self._ready:
                self._ready[-1][0].keep_alive = False
        except httptools.HttpParserError:
            self._fault = self._fault or HttpError(400, "The request is malformed.")
        if self._reading_head and self._begun >= 0 and self._fed - self._begun > MAX_HEAD:
            self._fault = HttpError(431, "The header fields are too large.")
        if self.idle:
            self._taken = self._fed

    def next(self) -> Request | None:
        """The next whole request, or None where more bytes are needed. Raises HttpError."""
        if self._ready:
            request, self._taken = self._ready.popleft()
            return request
        if self._fault is not None:
            raise self._fault
        return None

    # -- what httptools calls

    _reading_head = False

    def on_message_begin(self) -> None:
        self._begun = self._before
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._size = self._head_size = 0
        self._reading_head = True

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value)
        if not self._reading_head:
            if self._head_size > MAX_HEAD:
                self._fault = HttpError(431, "The trailers are too large.")
            return  # what trailers say is of no interest
        key = name.lower()
        if key in self._headers:
            self._headers[key] += (b"; " if key == b"cookie" else b", ") + value.strip()
        else:
            self._headers[key] = value.strip()  # httptools leaves white space at its end

    def on_headers_complete(self) -> None:
        self._reading_head = False
        self.expects_continue = self._headers.get(b"expect", b"").lower() == b"100-continue"
        version = self._reader.get_http_version()
        if self._head_size > MAX_HEAD:
            self._fault = HttpError(431, "The header fields are too large.")
        elif version not in ("1.0", "1.1"):
            self._fault = HttpError(400, "Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        elif self._headers.get(b"transfer-encoding", b"chunked").lower() != b"chunked":
            self._fault = HttpError(400, "The length of the body is not clear.")
        elif b"host" not in self._headers and version == "1.1":
            self._fault = HttpError(400, "The header Host is missing.")

    def on_body(self, data: bytes) -> None:
        self.expects_continue = False
        self._size += len(data)
        if self._size < self._cap:
            self._body.append(data)
            return
        self._body.clear()
        if self._size > DISCARDED * self._cap:
            self._fault = HttpError(413, "The body is too large.")

    def on_message_complete(self) -> None:
        self._begun = -1
        self.expects_continue = False
        if self._fault is not None:
            return
        path, _, query = _without_authority(self._url).partition(b"?")
        request = Request(
            method=self._reader.get_method().decode("ascii"),
            path=path.decode("latin-1"),
            query=query,
            headers=self._headers,
            keep_alive=self._reader.should_keep_alive(),
            body=b"".join(self._body),
            too_large=self._size >= self._cap,
        )
        self._ready.append((request, self._fed))


def _without_authority(target: bytes) -> bytes:
    """The path and query of a target; `http://host/path` is what a proxy is sent."""
    if target[:1] == b"/":
        return target
    whole = AUTHORITY.fullmatch(target)
    return target if whole is None else whole[1] if whole[1][:1] == b"/" else b"/" + whole[1]


# -- answers


def head(status: int, fields: bytes, length: int | None, *, keep_alive: bool) -> bytes:
    """The head of an answer. `fields` are lines ready to be sent; without a length no body can follow."""
    counted = b"" if length is None else b"content-length: %d\r\n" % length
    closing = b"" if keep_alive else b"connection: close\r\n"
    return b"HTTP/1.1 %d %s\r\n%s%s%s%s\r\n" % (
        status,
        REASONS.get(status, b""),
        fields,
        counted,
        closing,
        _date(),
    )


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Header fields as they are sent."""
    return b"".join(b"%s: %s\r\n" % pair for pair in headers)


_dated: tuple[int, bytes] = (0, b"")


def _date() -> bytes:
    """The line of the header Date, made once a second."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, b"date: %s\r\n" % formatdate(now, usegmt=True).encode("ascii"))
    return _dated[1]

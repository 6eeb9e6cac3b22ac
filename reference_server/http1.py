"""HTTP/1.1 without I/O: bytes in, requests out; and the bytes of an answer.

Strict on purpose: what two readers could read differently (bare line feeds, folded headers, a length given
twice or beside chunks) is refused. Bodies are kept up to a cap; what is over it is counted and thrown away.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from typing import NamedTuple

from reference_server.requests import Request

MAX_HEAD = 256 * 1024  # a token of 100 kB is to be refused as a token
MAX_LINE = 1024  # of a line between chunks
MAX_TRAILERS = 100
MAX_NAMES = 1000
MAX_LENGTH_DIGITS = 15
DISCARDED = 8  # of a body over the cap this many times the cap is read, so that clients hear the refusal

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
START_LINE = re.compile(rb"(%s) ([!-~]+) HTTP/1\.([01])\r\n" % TOKEN.pattern)
CONTROLS = bytes(code for code in (*range(32), 127) if code != 9)  # no field holds one
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?\r\n")

REASONS = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}


class HttpError(Exception):
    """What came is not HTTP as we understand it; the connection cannot go on."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class _Head(NamedTuple):
    """What the head of a request says. `length` is that of the body, None where it comes in chunks."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    keep_alive: bool
    length: int | None
    waits: bool  # until it is told to send the body


class Parser:
    """Turns the bytes of one connection into requests."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._buffer = b""
        self._at = 0  # up to here the buffer has been read
        self._request: Request | None = None  # the one whose body is being read
        self._body = _Counted(0)
        # A client that polls sends the same head again and again: the last one is not read twice.
        self._last_head = b""
        self._head: _Head | None = None
        self.expects_continue = False  # the client waits to be told to send its body

    @property
    def idle(self) -> bool:
        """True between two requests, with nothing here of the next."""
        return self._at == len(self._buffer) and self._request is None

    @property
    def waiting(self) -> int:
        """How many bytes are here that nobody has looked at."""
        return len(self._buffer) - self._at

    def feed(self, data: bytes) -> None:
        self._buffer = data if self._at == len(self._buffer) else self._buffer[self._at :] + data
        self._at = 0

    def next(self) -> Request | None:
        """The next whole request, or None where more bytes are needed. Raises HttpError."""
        if self._request is None:
            head = self._next_head()
            if head is None:
                return None
            request = Request(head.method, head.path, head.query, head.headers, head.keep_alive)
            if head.length is not None:
                end = self._at + head.length
                if end <= len(self._buffer) and head.length < self._cap:  # it is all here
                    request.body, self._at = self._buffer[self._at : end], end
                    return request
            self._request = request
            self._body = _Chunked() if head.length is None else _Counted(head.length)
            self.expects_continue = head.waits and self._at == len(self._buffer)
        return self._with_body(self._request)

    def _with_body(self, request: Request) -> Request | None:
        """The request that is being read, once its body is all here."""
        body = self._body
        self._at = body.read(self._buffer, self._at, self._cap)
        if not body.complete:
            return None
        request.too_large = body.size >= self._cap
        request.body = b"" if request.too_large else b"".join(body.parts)
        self._request = None
        return request

    def _next_head(self) -> _Head | None:
        buffer = self._buffer
        while buffer.startswith(b"\r\n", self._at):  # RFC 9112, 2.2: empty lines before a request may come
            self._at += 2
        at = self._at
        end = buffer.find(b"\r\n\r\n", at) + 2
        if (end if end > 1 else len(buffer)) - at > MAX_HEAD:
            raise HttpError(431, "The header fields are too large.")
        if end == 1:
            return None
        self._at = end + 2
        raw = buffer[at:end]
        if raw != self._last_head:
            self._head, self._last_head = _read_head(raw), raw
        return self._head


def _read_head(raw: bytes) -> _Head:
    """Reads a head, from the first byte of its request line to the line end of its last field."""
    start = START_LINE.match(raw)
    if start is None:
        raise HttpError(400, "The request line is malformed.")
    method, target, minor = start.groups()
    headers = _headers(raw[start.end() :])
    if minor == b"1" and b"host" not in headers:
        raise HttpError(400, "The header Host is missing.")
    path, _, query = _without_authority(target).partition(b"?")
    return _Head(
        method=method.decode("ascii"),
        path=path.decode("ascii"),
        query=query,
        headers=headers,
        keep_alive=_keeps_alive(headers, minor),
        length=_length(headers),
        waits=headers.get(b"expect", b"").lower() == b"100-continue",
    )


class _Counted:
    """A body of known length."""

    def __init__(self, length: int) -> None:
        self.parts: list[bytes] = []
        self.size = 0  # so far, kept or not
        self._left = length

    @property
    def complete(self) -> bool:
        return self._left == 0

    def read(self, buffer: bytes, at: int, cap: int) -> int:
        """Reads from `at` on and returns where it stopped."""
        data = buffer[at : at + self._left] if at or len(buffer) > self._left else buffer
        self._left -= len(data)
        self.keep(data, cap)
        return at + len(data)

    def keep(self, data: bytes, cap: int) -> None:
        self.size += len(data)
        if self.size < cap:
            self.parts.append(data)
        else:
            self.parts.clear()
            if self.size > DISCARDED * cap:
                raise HttpError(413, "The body is too large.")


class _Chunked(_Counted):
    """A body in chunks. What its trailers say is of no interest."""

    def __init__(self) -> None:
        super().__init__(0)
        self._end_due = False  # of a chunk, whose bytes are all here
        self._trailers = -1  # how many lines came after the last chunk; -1 before it
        self._ended = False

    @property
    def complete(self) -> bool:
        return self._ended

    def read(self, buffer: bytes, at: int, cap: int) -> int:
        while not self._ended:
            if self._left:
                if at == len(buffer):
                    break
                at = super().read(buffer, at, cap)
                self._end_due = self._left == 0
                continue
            end = buffer.find(b"\r\n", at) + 2
            if end == 1:
                if len(buffer) - at > MAX_LINE:
                    raise HttpError(400, "A chunk is malformed.")
                break
            self._line(buffer[at:end])
            at = end
        return at

    def _line(self, line: bytes) -> None:
        if self._end_due:
            if line != b"\r\n":
                raise HttpError(400, "A chunk is malformed.")
            self._end_due = False
        elif self._trailers >= 0:
            self._trailers += 1
            self._ended = line == b"\r\n"
            if self._trailers > MAX_TRAILERS:
                raise HttpError(400, "There are too many trailers.")
        else:
            size = CHUNK_LINE.fullmatch(line)
            if size is None or len(line) > MAX_LINE:
                raise HttpError(400, "A chunk is malformed.")
            self._left = int(size[1], 16)
            self._trailers = 0 if self._left == 0 else -1


class _Names(dict[bytes, bytes]):
    """Header names as they were sent, each with its lower case. Few are ever sent, so few are kept."""

    def __missing__(self, name: bytes) -> bytes:
        if TOKEN.fullmatch(name) is None:
            raise HttpError(400, "A header field is malformed.")
        if len(self) < MAX_NAMES:
            self[name] = name.lower()
        return name.lower()


_names = _Names()


def _headers(lines: bytes) -> dict[bytes, bytes]:
    """The header fields of a head, each ended by CRLF."""
    fields = lines.split(b"\r\n")
    fields.pop()
    # The only control characters are the line ends, of two bytes each, and tabs.
    if len(lines) - len(lines.translate(None, CONTROLS)) != 2 * len(fields):
        raise HttpError(400, "A header field is malformed.")
    found: dict[bytes, bytes] = {}
    for field in fields:
        name, colon, value = field.partition(b":")
        if not colon:
            raise HttpError(400, "A header field is malformed.")
        key = _names[name]
        if key in found:
            found[key] += (b"; " if key == b"cookie" else b", ") + value.strip()
        else:
            found[key] = value.strip()
    return found


def _length(headers: dict[bytes, bytes]) -> int | None:
    """How long the body is; None where it comes in chunks."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != b"chunked":
            raise HttpError(400, "The length of the body is not clear.")
        return None
    if length is None:
        return 0
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        raise HttpError(400, "Content-Length is malformed.")
    return int(length)


def _keeps_alive(headers: dict[bytes, bytes], minor: bytes) -> bool:
    options = headers.get(b"connection")
    if options is None:
        return minor == b"1"
    words = {word.strip() for word in options.lower().split(b",")}
    return b"close" not in words and (minor == b"1" or b"keep-alive" in words)


def _without_authority(target: bytes) -> bytes:
    """The path and query of a target; `http://host/path` is what a proxy is sent."""
    if target[:1] == b"/":
        return target
    whole = re.fullmatch(rb"https?://[^/?#]*(.*)", target, re.IGNORECASE)
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

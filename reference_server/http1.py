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


class Parser:
    """Turns the bytes of one connection into requests."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._buffer = b""
        self._at = 0  # up to here the buffer has been read
        self._request: Request | None = None  # the one whose body is being read
        self._body = _Counted(0)
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
        request = self._request
        if request is None:
            request = self._head()
            if request is None:
                return None
            body = _body_of(request.headers)
            if body is None:
                return request
            self._request, self._body = request, body
            waits = request.headers.get(b"expect", b"").lower() == b"100-continue"
            self.expects_continue = waits and self._at == len(self._buffer)
        self._at = self._body.read(self._buffer, self._at, self._cap)
        if not self._body.complete:
            return None
        request.too_large = self._body.size >= self._cap
        request.body = b"" if request.too_large else b"".join(self._body.parts)
        self._request = None
        return request

    def _head(self) -> Request | None:
        buffer, at = self._buffer, self._at
        while buffer.startswith(b"\r\n", at):  # RFC 9112, 2.2: empty lines before a request are let pass
            at += 2
        end = buffer.find(b"\r\n\r\n", at) + 2
        if (end if end > 1 else len(buffer)) - at > MAX_HEAD:
            raise HttpError(431, "The header fields are too large.")
        if end == 1:
            return None
        self._at = end + 2
        start = START_LINE.match(buffer, at, end)
        if start is None:
            raise HttpError(400, "The request line is malformed.")
        method, target, minor = start.groups()
        headers = _headers(buffer[start.end() : end])
        if minor == b"1" and b"host" not in headers:
            raise HttpError(400, "The header Host is missing.")
        path, _, query = _without_authority(target).partition(b"?")
        return Request(
            method.decode("ascii"), path.decode("ascii"), query, headers, _keeps_alive(headers, minor)
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


def _headers(lines: bytes) -> dict[bytes, bytes]:
    """The header fields of a head, each ended by CRLF."""
    fields = lines.split(b"\r\n")[:-1]
    # The only control characters are the line ends, of two bytes each, and tabs.
    if len(lines) - len(lines.translate(None, CONTROLS)) != 2 * len(fields):
        raise HttpError(400, "A header field is malformed.")
    found: dict[bytes, bytes] = {}
    for line in fields:
        name, colon, raw = line.partition(b":")
        key = _names.get(name) or _name(name)
        if not colon:
            raise HttpError(400, "A header field is malformed.")
        value = raw.strip(b" \t")
        if key in found:
            value = found[key] + (b"; " if key == b"cookie" else b", ") + value
        found[key] = value
    return found


# Header names as they were sent, each with its lower case. Few are ever sent, so few are kept.
_names: dict[bytes, bytes] = {}


def _name(name: bytes) -> bytes:
    if TOKEN.fullmatch(name) is None:
        raise HttpError(400, "A header field is malformed.")
    if len(_names) < MAX_NAMES:
        _names[name] = name.lower()
    return name.lower()


def _body_of(headers: dict[bytes, bytes]) -> _Counted | None:
    """How the body is to be read; None where there is none."""
    length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
    if coding is not None:
        if length is not None or coding.lower() != b"chunked":
            raise HttpError(400, "The length of the body is not clear.")
        return _Chunked()
    if length is None:
        return None
    if not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        raise HttpError(400, "Content-Length is malformed.")
    return _Counted(int(length)) if int(length) else None


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

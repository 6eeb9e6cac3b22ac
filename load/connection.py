"""One kept-alive connection to a target, on gevent: sends the bytes of a request, brings back an answer.

Raced in November 2026 with all else equal, CPU per request: these sockets with httptools 30 us, pycurl's
multi on the hub 47, pyreqwest in a thread of its own 71, geventhttpclient 75; with Locust's events, JSON and
schemas on top only the first stays below half of FastHttpUser's 154. It knows nothing of the protocol.
"""

from __future__ import annotations

import errno
import os
import ssl
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakSet

import gevent
import gevent.socket
import gevent.ssl
import httptools

MAX_ANSWER_BYTES = 16 * 1024 * 1024  # a listing of all rooms of a large run stays below it
MAX_HEAD_BYTES = 256 * 1024  # of all heads and framing of an answer
RECEIVED_BYTES = 64 * 1024  # at a time
READABLE = 1  # libev's EV_READ
WATCH_S = 0.1  # how exactly deadlines are kept: one look at all connections costs less than a timer a request
IDLE_S = 0.5  # after so long a kept connection is looked at before it is used: it may have been closed
EARLY_S = 0.5  # before the end of its announced patience a connection is no longer used


class NoAnswer(Exception):
    """No answer came, or none that is HTTP; the words are the same for the same cause.

    `again` says that nothing can have been done by the request: a kept connection was closed before a byte of
    an answer came.
    """

    def __init__(self, words: str, *, again: bool = False) -> None:
        super().__init__(words)
        self.again = again


@dataclass(frozen=True)
class Endpoint:
    """Where connections go; `connect_s` and `request_s` are the deadlines, in seconds."""

    host: str
    port: int
    secure: bool
    connect_s: float
    request_s: float

    @classmethod
    def of(cls, base_url: str, connect_s: float, request_s: float) -> Endpoint:
        parts = urlsplit(base_url)
        secure = parts.scheme == "https"
        assert parts.hostname, "a target's URL has a host"
        return cls(parts.hostname, parts.port or (443 if secure else 80), secure, connect_s, request_s)


class Received:
    """What httptools finds in the bytes of one answer. An error of its methods is one of the parser."""

    __slots__ = ("body", "complete", "headers", "kept", "parser", "size", "started", "status")

    def __init__(self) -> None:
        self.clear()
        self.parser = httptools.HttpResponseParser(self)

    def clear(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body: list[bytes] = []
        self.size = 0
        self.status = 0
        self.started = False  # its head is whole
        self.complete = False
        self.kept = False  # the connection may be used again

    def on_message_begin(self) -> None:
        if self.complete:
            raise ValueError("a second answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.started = True

    def on_body(self, chunk: bytes) -> None:
        self.body.append(chunk)
        self.size += len(chunk)

    def on_message_complete(self) -> None:
        self.status = self.parser.get_status_code()
        if self.status < 200:  # an interim answer: the real one follows
            self.clear()
        else:
            self.complete = True
            self.kept = self.parser.should_keep_alive()  # the parser knows it in this moment only


def no_answer(seconds: float) -> str:
    """What is said of an answer that did not come in time."""
    return f"no answer within {seconds:g} s"


class Connection:
    """One user's connection. Not for two greenlets at once."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._received = Received()
        self._socket: gevent.socket.socket | None = None
        self._arrival: Any = None
        self._used = 0.0
        self._patience = 0.0  # seconds that the server keeps it, as it announced; 0 where it did not
        self._overdue = False
        self.deadline = 0.0
        """When the answer under way is given up, by time.perf_counter(); 0 while there is none."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        WATCHED.add(self)

    def exchange(self, request: bytes) -> bytes:
        """Sends a request and returns the body of its answer; `status` and `headers` are the answer's.

        Raises NoAnswer. Whatever else is raised in it (a user who is stopped), the connection is closed.
        """
        now = time.perf_counter()
        if self._socket is not None and not self._usable(now):
            self.close()
        reused = self._socket is not None
        try:
            if self._socket is None:
                self._connect()
            self.deadline = now + self._endpoint.request_s
            return self._answer(request)
        except httptools.HttpParserError as error:
            self.close()
            raise NoAnswer(f"no valid HTTP: {type(error).__name__}") from None
        except OSError as error:
            self.close()
            raise self._lost(error, reused) from None
        except BaseException:
            self.close()
            raise
        finally:
            self.deadline = 0.0
            self._used = time.perf_counter()

    def close(self) -> None:
        if self._arrival is not None:
            self._arrival.close()
            self._arrival = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def give_up(self) -> None:
        """Ends the exchange that is under way: whoever waits for it finds the connection closed."""
        self._overdue = True
        self.deadline = 0.0
        if self._socket is not None:
            try:
                self._socket.shutdown(gevent.socket.SHUT_RDWR)
            except OSError:
                pass

    def _connect(self) -> None:
        place = self._endpoint
        self._overdue = False
        with gevent.Timeout(place.connect_s, NoAnswer(f"no connection within {place.connect_s:g} s")):
            try:
                plain = gevent.socket.create_connection((place.host, place.port))
            except (OSError, UnicodeError) as error:
                raise NoAnswer(f"no connection: {_words(error)}") from None
            try:
                plain.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
                self._socket = (
                    _context().wrap_socket(plain, server_hostname=place.host) if place.secure else plain
                )
            except BaseException as error:
                plain.close()
                if isinstance(error, ssl.SSLCertVerificationError):
                    why = f"the certificate is not trusted: {error.verify_message}"
                    raise NoAnswer(why) from None
                if isinstance(error, OSError):
                    raise NoAnswer(f"no connection: {_words(error)}") from None
                raise
        self._patience = 0.0
        self._received = Received()
        if not place.secure:  # of TLS something may have been read already that is not handed out yet
            self._arrival = gevent.get_hub().loop.io(self._socket.fileno(), READABLE)

    def _usable(self, now: float) -> bool:
        """Whether a kept connection is still open, as far as can be seen without asking."""
        idle = now - self._used
        if self._patience and idle > self._patience - EARLY_S:
            return False
        if idle < IDLE_S or self._endpoint.secure:
            return True
        assert self._socket is not None
        # An open one that owes us nothing has nothing to be read.
        return not _readable(self._socket)

    def _answer(self, request: bytes) -> bytes:
        connection, received = self._socket, self._received
        parser = received.parser
        assert connection is not None
        received.clear()
        connection.sendall(request)
        total, arrival = 0, self._arrival
        while True:
            if arrival is not None:
                gevent.socket.wait(arrival)  # reading first and being told to wait costs a tenth of it all
            data = connection.recv(RECEIVED_BYTES)
            if not data:
                return self._closed(total)
            total += len(data)
            parser.feed_data(data)
            if received.complete:
                break
            if received.size > MAX_ANSWER_BYTES:
                raise NoAnswer(f"the body is larger than {MAX_ANSWER_BYTES} bytes")
            if total - received.size > MAX_ANSWER_BYTES // 4 + MAX_HEAD_BYTES:
                raise NoAnswer(f"the head is larger than {MAX_HEAD_BYTES} bytes")
        self.status, self.headers = received.status, received.headers
        if received.kept:
            if not self._patience:
                self._patience = _patience(received.headers)
        else:
            self.close()
        body = received.body
        return body[0] if len(body) == 1 else b"".join(body)

    def _closed(self, total: int) -> bytes:
        """The other side ended the connection: the end of a body without a length, or of our hopes."""
        received = self._received
        if self._overdue:
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        if not total:
            raise ConnectionResetError(errno.ECONNRESET, "closed before an answer came")
        names = {name.lower() for name, _ in received.headers}
        if not received.started or names & {b"content-length", b"transfer-encoding"}:
            self.close()
            raise NoAnswer("the connection was closed in the middle of an answer")
        self.status, self.headers = received.parser.get_status_code(), received.headers
        self.close()
        return b"".join(received.body)

    def _lost(self, error: OSError, reused: bool) -> NoAnswer:
        if self._overdue:
            return NoAnswer(no_answer(self._endpoint.request_s))
        unanswered = not self._received.started
        gone = isinstance(error, ConnectionError)
        words = "the connection was closed before an answer came" if gone else f"lost: {_words(error)}"
        return NoAnswer(words, again=reused and unanswered and gone)


WATCHED: WeakSet[Connection] = WeakSet()


def keep_deadlines() -> None:
    """Gives up what is overdue, for as long as the process lives: to be run in a greenlet of its own.

    Time in which we did not run is nobody's patience: after a stall deadlines are later by as much, so what
    lies in the sockets is read first, and what was about to be sent has its time.
    """
    before = time.perf_counter()
    while True:
        gevent.sleep(WATCH_S)
        now = time.perf_counter()
        stalled = now - before - WATCH_S
        for connection in list(WATCHED):
            if connection.deadline and stalled > WATCH_S:
                connection.deadline += stalled
            if 0 < connection.deadline < now:
                connection.give_up()
        before = now


def _patience(headers: list[tuple[bytes, bytes]]) -> float:
    """Seconds that the server says it keeps an idle connection; 0 where it does not say."""
    for name, value in headers:
        if name.lower() == b"keep-alive":
            for part in value.split(b","):
                key, _, number = part.strip().partition(b"=")
                if key.lower() == b"timeout" and number.isdigit() and len(number) < 10:
                    return float(number)
    return 0.0


def _readable(connection: gevent.socket.socket) -> bool:
    """Whether something has come: bytes that nobody asked for, or the end."""
    try:
        connection._sock.recv(1, gevent.socket.MSG_PEEK | gevent.socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


_contexts: list[ssl.SSLContext] = []


def _context() -> ssl.SSLContext:
    """Verifies certificates by what this machine trusts (SSL_CERT_FILE too). Made once: it takes 20 ms."""
    if not _contexts:
        context = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        _contexts.append(context)
    return _contexts[0]


def _words(error: Exception) -> str:
    """The cause without what differs from one time to the next."""
    number = getattr(error, "errno", None)
    if isinstance(error, ssl.SSLError):
        return str(error.reason or "TLS failed").lower().replace("_", " ")
    if isinstance(error, gevent.socket.gaierror):
        return "its host cannot be found"
    return os.strerror(number).lower() if isinstance(number, int) and number > 0 else type(error).__name__

"""HTTP/1.1 read from bytes: what is a request, what is refused, and that packet borders do not matter."""

from __future__ import annotations

import pytest

from reference_server.http1 import DISCARDED, MAX_HEAD, HttpError, Parser, head
from reference_server.requests import Request

CAP = 1000


def read(data: bytes, step: int | None = None) -> list[Request]:
    """Every request in the bytes, fed whole or `step` bytes at a time."""
    parser = Parser(CAP)
    found = []
    for start in range(0, len(data), step or len(data)):
        parser.feed(data[start : start + (step or len(data))])
        while (request := parser.next()) is not None:
            found.append(request)
    return found


def one(data: bytes) -> Request:
    (request,) = read(data)
    return request


def refused(data: bytes) -> int:
    with pytest.raises(HttpError) as error:
        read(data)
    return error.value.status


GET = b"GET /signaling/rooms?a=b%20c HTTP/1.1\r\nHost: here\r\nX-One:  two words \t\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nhost: here\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = b"POST /y HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKS + b"3;name=value\r\nhel\r\n02\r\nlo\r\n0\r\nTrailer: x\r\n\r\n"


def test_a_request_line_and_its_fields() -> None:
    request = one(GET)
    assert (request.method, request.path, request.query) == ("GET", "/signaling/rooms", b"a=b%20c")
    assert request.headers == {b"host": b"here", b"x-one": b"two words"}
    assert (request.keep_alive, request.body) == (True, b"")


@pytest.mark.parametrize("data", [POST, CHUNKED])
def test_a_body_by_length_and_by_chunks(data: bytes) -> None:
    assert one(data).body == b"hello"


@pytest.mark.parametrize("step", [1, 2, 3, 7, 50])
def test_packet_borders_do_not_matter(step: int) -> None:
    data = (GET + POST + b"\r\n" + CHUNKED) * 2
    assert read(data, step) == read(data)
    assert [request.body for request in read(data, step)] == [b"", b"hello", b"hello"] * 2


def test_a_repeated_head_is_the_same_request_with_another_body() -> None:
    first, second = read(POST + POST.replace(b"hello", b"world"))
    assert (first.body, second.body) == (b"hello", b"world")
    assert (first.path, first.headers) == (second.path, second.headers)


def test_fields_given_twice_are_joined() -> None:
    request = one(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-A: 1\r\ncookie: b=2\r\nx-a: 2\r\n\r\n")
    assert request.headers[b"cookie"] == b"a=1; b=2"
    assert request.headers[b"x-a"] == b"1, 2"


def test_field_values_may_hold_any_bytes_but_controls() -> None:
    assert (
        one(b"GET / HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9 \xff\r\n\r\n").headers[b"x"] == b"caf\xc3\xa9 \xff"
    )


@pytest.mark.parametrize(
    ("options", "minor", "kept"),
    [
        (b"", b"1", True),
        (b"Connection: close\r\n", b"1", False),
        (b"Connection: X, Close\r\n", b"1", False),
        (b"", b"0", False),
        (b"Connection: Keep-Alive\r\n", b"0", True),
    ],
)
def test_who_keeps_the_connection(options: bytes, minor: bytes, kept: bool) -> None:
    assert one(b"GET / HTTP/1." + minor + b"\r\nHost: a\r\n" + options + b"\r\n").keep_alive is kept


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (b"/a/../b//c;d", "/a/../b//c;d"),
        (b"/%2F%00%zz", "/%2F%00%zz"),
        (b"http://other:1/abs", "/abs"),
        (b"HTTPS://other?x", "/"),
        (b"*", "*"),
    ],
)
def test_a_path_is_left_as_it_was_sent(target: bytes, path: str) -> None:
    assert one(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n").path == path


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
        b"GET /\r\nHost: a\r\n\r\n",
        b"G\xc3\x89T / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nSpace : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1_0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        CHUNKS + b"zz\r\n",
        CHUNKS + b"-1\r\n",
        CHUNKS + b"3\r\nhello\r\n",
        CHUNKS + b"3\nhel\n0\n\n" + b"x" * 2000,
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes) -> None:
    assert refused(data) == 400


def test_trailers_are_no_headers() -> None:
    request = one(CHUNKS + b"0\r\nAuthorization: Bearer x\r\nX: y\r\n\r\n")
    assert b"authorization" not in request.headers
    assert b"x" not in request.headers


def test_a_head_has_a_limit_and_a_long_token_fits() -> None:
    long = b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + b"A" * 100_000 + b"\r\n\r\n"
    assert len(one(long).headers[b"authorization"]) == 100_007
    assert refused(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"A" * MAX_HEAD) == 431
    assert refused(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"A" * MAX_HEAD + b"\r\n\r\n") == 431


def test_empty_lines_take_no_memory() -> None:
    parser = Parser(CAP)
    for _ in range(100):
        parser.feed(b"\r\n" * 1000)
        assert parser.next() is None
    assert parser.waiting == 0


@pytest.mark.parametrize("step", [None, 100])
@pytest.mark.parametrize(("size", "too_large"), [(CAP - 1, False), (CAP, True), (DISCARDED * CAP, True)])
def test_a_body_at_the_cap_is_read_to_its_end_and_not_kept(
    size: int, too_large: bool, step: int | None
) -> None:
    by_length = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
    chunked = CHUNKS + b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n"
    for data in (by_length, chunked):
        first, second = read(data + GET, step)
        assert (first.too_large, len(first.body)) == (too_large, 0 if too_large else size)
        assert second.path == "/signaling/rooms"


def test_an_endless_body_ends_the_connection() -> None:
    more = b"x" * (DISCARDED * CAP + 1)
    assert refused(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n" + more) == 413
    assert refused(CHUNKS + (b"1\r\nx\r\n" * (DISCARDED * CAP + 1))) == 413


def test_a_client_that_waits_is_told_to_send_its_body() -> None:
    parser = Parser(CAP)
    parser.feed(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert parser.next() is None
    assert parser.expects_continue
    parser.feed(b"ok")
    request = parser.next()
    assert request is not None
    assert request.body == b"ok"


def test_the_head_of_an_answer() -> None:
    text = head(404, b"x-a: 1\r\n", 5, keep_alive=True)
    assert text.startswith(b"HTTP/1.1 404 Not Found\r\nx-a: 1\r\ncontent-length: 5\r\ndate: ")
    assert text.endswith(b" GMT\r\n\r\n")
    assert b"connection: close\r\n" in head(200, b"", None, keep_alive=False)
    assert b"content-length" not in head(204, b"", None, keep_alive=True)

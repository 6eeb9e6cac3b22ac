"""The load client: one kept connection, and nothing that a server does ends the user."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from report_kit import SPEC
from score_kit import free_port, hostile

from load.connection import WATCH_S, keep_deadlines
from load.sample import Sample
from load.sending import OK, OR_NONE, Client, Outlet, Reply, Wrong
from protocol import target as targets
from protocol.envelope import seal
from protocol.mint import Minted

LISTING = b'{"success":true,"rooms":[]}'
BEAT = b'{"success":true,"message":"well"}'
Serve = Callable[[socket.socket], None]


class Told:
    """Hears events as Locust's listeners do."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.events: list[dict[str, Any]] = []

    def fire(self, **event: Any) -> None:
        self.events.append(event)
        self.samples.append(event["context"]["sample"])


def user(url: str, told: Told, *, request_s: float = 10.0, more: str = "") -> Client:
    text = f'base_url = "{url}"\n{more}\n[tokens]\nsecret = "none is signed here"\n'
    text += f"[timeouts]\nrequest_s = {request_s}\nconnect_s = 2\n"
    client = Client(Outlet(SPEC, targets.parse(text, "the test's target", SPEC, {}), "test", told.fire))
    client.sign_in(Minted("user", "the-token", "the-csrf-word"), ("X-Address", "198.18.0.1"))
    return client


def ask(client: Client, operation: str = "listRooms", **settings: Any) -> Reply:
    params = {"roomId": "room_1"} if "Offer" in operation else None
    fields = {"roomId": "room_1"} if operation == "heartbeat" else None
    request = client.request(operation, params=params, fields=fields)
    return client.send(request, time.perf_counter(), **settings)


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """A server in a thread; `serve` has each connection, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        serve(connection)
                    except OSError:
                        pass

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def head_of(connection: socket.socket) -> bytes:
    """One request, its body with it; b"" where the other side is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        got = connection.recv(4096)
        if not got:
            return b""
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line[15:]):
                body += connection.recv(4096)
    return head + b"\r\n\r\n" + body


def http(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(*answers: bytes, seen: list[bytes] | None = None, then_close: bool = False) -> Serve:
    """Gives these answers in turn, over all connections; the last one again and again."""
    left = list(answers)

    def serve(connection: socket.socket) -> None:
        while request := head_of(connection):
            if seen is not None:
                seen.append(request)
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])
            if then_close:
                return

    return serve


def test_what_is_sent_and_what_is_told() -> None:
    told, seen = Told(), list[bytes]()
    with serving(answering(http(LISTING), http(BEAT), seen=seen)) as url:
        client = user(url, told)
        planned = time.perf_counter() - 1
        first = client.send(client.request("listRooms"), planned, every=5.0)
        second = ask(client, "heartbeat")
    assert first.good and first.rooms == []
    assert second.good
    read, write = (one.decode() for one in seen)
    assert read.startswith("GET /signaling/rooms HTTP/1.1\r\n")
    assert "\r\nCookie: auth_token=the-token\r\n" in read
    assert "\r\nX-Address: 198.18.0.1\r\n" in read
    assert "\r\nUser-Agent: parley/test\r\n" in read
    assert "X-CSRF-Token" not in read
    assert "\r\nX-CSRF-Token: the-csrf-word\r\n" in write
    assert write.endswith('\r\nContent-Length: 19\r\n\r\n{"roomId":"room_1"}')
    sample = told.samples[0]
    assert (sample.operation, sample.kind, sample.every, sample.status) == ("listRooms", "read", 5.0, 200)
    assert sample.intended == planned < sample.started <= sample.ended
    assert told.samples[1].kind == "write"
    event = told.events[0]
    assert (event["request_type"], event["name"], event["exception"]) == ("GET", "listRooms", None)
    assert event["response_length"] == len(LISTING)
    assert event["response_time"] == pytest.approx((sample.ended - sample.started) * 1000)


def test_a_bearer_has_no_csrf_header_and_a_path_before_the_paths() -> None:
    seen: list[bytes] = []
    with serving(answering(http(BEAT), seen=seen)) as url:
        client = user(f"{url}/below", Told(), more="delivery = { bearer = { encrypted = false } }")
        assert ask(client, "heartbeat").good
    assert seen[0].startswith(b"POST /below/signaling/heartbeat HTTP/1.1\r\n")
    assert b"Authorization: Bearer the-token" in seen[0]
    assert b"X-CSRF" not in seen[0] and b"Cookie" not in seen[0]


def test_one_connection_is_kept() -> None:
    connections: list[int] = []
    serve = answering(http(LISTING))

    def counted(connection: socket.socket) -> None:
        connections.append(1)
        serve(connection)

    told = Told()
    with serving(counted) as url:
        client = user(url, told)
        assert all(ask(client).good for _ in range(20))
        client.close()
    assert len(connections) == 1


@pytest.mark.parametrize("head", ["Connection: close", "Keep-Alive: timeout=0"])
def test_a_connection_that_is_not_kept_is_no_fault(head: str) -> None:
    with serving(answering(http(LISTING, head), then_close=head.endswith("close"))) as url:
        client = user(url, Told())
        assert [ask(client).fault for _ in range(3)] == ["", "", ""]


def test_a_kept_connection_that_was_closed_is_opened_again_for_what_can_be_repeated() -> None:
    with serving(answering(http(LISTING), then_close=True)) as url:
        client = user(url, Told())
        assert [ask(client).fault for _ in range(3)] == ["", "", ""]


@pytest.mark.parametrize("operation", ["getOffer", "heartbeat"])
def test_what_takes_or_writes_is_never_sent_twice(operation: str) -> None:
    seen: list[bytes] = []
    with serving(answering(http(LISTING), seen=seen, then_close=True)) as url:
        client = user(url, Told())
        assert ask(client).good
        reply = ask(client, operation, accepts=OR_NONE)
        assert reply.fault == "the connection was closed before an answer came"
        assert reply.status is None
        assert len(seen) == 1  # it was sent into a closed connection, and not again


def test_a_connection_that_was_closed_long_ago_is_noticed_before_a_write() -> None:
    with serving(answering(http(LISTING), http(BEAT), then_close=True)) as url:
        client = user(url, Told())
        assert ask(client).good
        gevent.sleep(0.7)
        assert ask(client, "heartbeat").fault == ""


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n"
GOOD = {
    "in chunks": CHUNKED % (10, LISTING[:10], len(LISTING) - 10, LISTING[10:]),
    "to the end of the connection": b"HTTP/1.1 200 OK\r\n\r\n" + LISTING,
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 27\r\n\r\n" + LISTING,
    "after an interim answer": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + http(LISTING),
}


@pytest.mark.parametrize("how", GOOD)
def test_answers_of_every_form_are_read(how: str) -> None:
    with serving(answering(GOOD[how], then_close=True)) as url:
        reply = ask(user(url, Told()))
    assert (reply.fault, reply.status, reply.raw) == ("", 200, LISTING)


BAD = {
    "no HTTP at all": (b"SSH-2.0-OpenSSH\r\n\r\n", "no valid HTTP", ""),
    "cut short": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "in the middle of an answer", ""),
    "two at once": (http(LISTING) + http(LISTING), "no valid HTTP", ""),
    "no JSON": (http(b"<p>well</p>"), "200 with a body that is no JSON", ""),
    "another shape": (http(b'{"success":true,"rooms":[{"roomId":7}]}'), "200, but rooms[]", ""),
    "a surrogate": (
        http(b'{"success":true,"rooms":[],"x":"\\ud800"}'),
        "200, but x is not text: it has a lone surrogate",
        "",
    ),
    "a redirect": (http(b"", "Location: /elsewhere", status="302 Found"), "302 where 200 was due", ""),
    "a server's error": (http(b'{"error":"x"}', status="500 Oops"), "500", "ERR-3"),
    "unauthorised": (http(b'{"error":"x"}', status="401 No"), "401 although the token is good", "AUTH-10"),
    "compressed": (http(b"\x1f\x8b\x08\x00", "Content-Encoding: gzip"), "no JSON", ""),
}


@pytest.mark.parametrize("how", BAD)
def test_a_wrong_answer_is_a_fault_with_its_requirement(how: str) -> None:
    raw, words, requirement = BAD[how]
    told = Told()
    with serving(answering(raw, then_close=True)) as url:
        client = user(url, told)
        reply = ask(client)
        again = ask(client)
    assert words in reply.fault
    assert told.samples[0].requirement == requirement
    assert again.fault == reply.fault  # in the same words, so that they are counted together
    assert str(told.events[0]["exception"]) == reply.fault


def test_a_429_is_the_requirement_that_the_budget_belongs_to() -> None:
    told = Told()
    body = b'{"error":"x","message":"y","retryAfter":1}'
    with serving(answering(http(body, status="429 Too Many"))) as url:
        client = user(url, told)
        ask(client, "heartbeat")
        ask(client)
    assert [one.requirement for one in told.samples] == ["RATE-6", ""]
    assert {one.fault for one in told.samples} == {"429 although the budget allows it"}


def test_a_refusal_that_may_be_has_the_shape_of_an_error() -> None:
    told = Told()
    refused = [http(b'{"error":"none"}', status="404 No"), http(b"none", status="404 No")]
    with serving(answering(*refused)) as url:
        client = user(url, told)
        assert ask(client, "getOffer", accepts=OR_NONE).fault == ""
        assert ask(client, "getOffer", accepts=OR_NONE).fault
    assert [one.requirement for one in told.samples] == ["", "ERR-4"]


def test_a_check_of_the_caller_is_told_with_the_request() -> None:
    told = Told()
    with serving(answering(http(LISTING))) as url:
        reply = ask(user(url, told), check=lambda reply: Wrong("nobody is there", "ROOM-10"))
    assert reply.fault == told.samples[0].fault == "nobody is there"
    assert told.samples[0].requirement == "ROOM-10"


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_silence_and_trickles_end_with_the_deadline_of_the_target(trickle: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(trickle)
        for _ in range(200):
            time.sleep(0.05)
            if trickle:
                connection.sendall(b"x")

    watch = gevent.spawn(keep_deadlines)
    try:
        with serving(serve) as url:
            reply = ask(user(url, Told(), request_s=0.3))
    finally:
        watch.kill()
    assert reply.fault == "no answer within 0.3 s"
    assert reply.ended - reply.started >= 0.3


@pytest.mark.parametrize(
    ("request_s", "fault"), [(600.0, ""), (0.05, "no answer within 0.05 s")], ids=["in time", "overdue"]
)
def test_what_is_under_way_when_its_user_is_stopped_is_told(request_s: float, fault: str) -> None:
    asked, told = threading.Event(), Told()

    def serve(connection: socket.socket) -> None:
        head_of(connection)
        asked.set()
        connection.recv(1)

    with serving(serve) as url:
        client = user(url, told, request_s=request_s)
        planned = time.perf_counter() - 3
        sent = gevent.spawn(client.send, client.request("listRooms"), planned, every=1.0)
        while not asked.is_set():
            gevent.sleep(0.01)
        gevent.sleep(0.1)
        assert not told.samples
        sent.kill()
        client.close()
    (sample,) = told.samples
    assert (sample.operation, sample.status, sample.fault, sample.requirement) == (
        "listRooms",
        None,
        fault,
        "",
    )
    assert (sample.intended, sample.every) == (planned, 1.0)
    assert 0.1 <= sample.ended - sample.started < 600
    assert (told.events[0]["exception"] is None) == (not fault)


def test_an_error_of_our_own_in_a_check_is_no_fault_and_hides_no_request() -> None:
    told = Told()

    def check(reply: Reply) -> Wrong | None:
        raise KeyError("ours")

    with serving(answering(http(LISTING))) as url, pytest.raises(KeyError):
        ask(user(url, told), check=check)
    assert [(one.status, one.fault) for one in told.samples] == [(200, "")]


@pytest.mark.parametrize(
    ("delivery", "claims", "whose"),
    [("cookie", '"core", "encryption"', "ENC-6"), ("cookie", '"core"', ""), ("bearer", '"core"', "")],
)
def test_an_envelope_where_plain_is_due_is_a_fault_of_its_own(delivery: str, claims: str, whose: str) -> None:
    sealed = json.dumps(seal(SPEC, "the-token", LISTING)).encode()
    told = Told()
    with serving(answering(http(sealed, "X-Encrypted: true"))) as url:
        more = f"profiles = [{claims}]\ndelivery = {{ {delivery} = {{ encrypted = false }} }}"
        client = user(url, told, more=more)
        reply = ask(client, check=lambda reply: Wrong(f"{reply.body['rooms']}"))
    assert reply.fault == f"200 in an envelope: the target file says that answers to a {delivery} are plain"
    assert told.samples[0].requirement == whose
    assert reply.rooms == []


@pytest.mark.parametrize(("stalls_s", "fault"), [(100.0, ""), (0.0, "no answer within 0.3 s")])
def test_time_in_which_we_did_not_run_is_nobodys_patience(
    stalls_s: float, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock leaps while a request is under way, as it does for a process that was stopped."""
    ahead, leapt = [0.0], threading.Event()
    clock = SimpleNamespace(perf_counter=lambda: time.perf_counter() + ahead[0])
    monkeypatch.setattr("load.connection.time", clock)

    def serve(connection: socket.socket) -> None:
        head_of(connection)
        assert leapt.wait(60)
        time.sleep(6 * WATCH_S)  # until deadlines were looked at
        connection.sendall(http(LISTING))

    def leap() -> None:
        ahead[0] += stalls_s
        leapt.set()

    watch = gevent.spawn(keep_deadlines)
    with serving(serve) as url:
        client = user(url, Told(), request_s=30.0 if stalls_s else 0.3)
        gevent.spawn_later(WATCH_S / 2, leap)
        try:
            reply = ask(client)
        finally:
            watch.kill()
    assert reply.fault == fault


def test_a_body_without_end_is_not_read_to_it() -> None:
    def serve(connection: socket.socket) -> None:
        head_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1_000_000)

    with serving(serve) as url:
        reply = ask(user(url, Told()))
    assert reply.fault == "the body is larger than 16777216 bytes"


def test_nobody_there() -> None:
    assert ask(user(f"http://127.0.0.1:{free_port()}", Told())).fault == "no connection: connection refused"


@pytest.mark.parametrize("trusted", [False, True])
def test_https_is_verified(trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=here"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    serve = answering(http(LISTING))

    def secure(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as inside:
            serve(inside)

    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setattr("load.connection._contexts", [])
    with serving(secure) as url:
        client = user(url.replace("http:", "https:"), Told())
        faults = [ask(client).fault for _ in range(2)]
        client.close()
    said = "" if trusted else "the certificate is not trusted: self-signed certificate"
    assert faults == [said, said]


HOSTILE = [
    *(
        "closes",
        "drip",
        "endless",
        "gzip-bomb",
        "html",
        "invalid-utf8",
        "length-too-long",
        "length-too-short",
    ),
    *("markup", "not-http", "odd-types", "redirects", "server-error", "silent", "empty-object"),
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_server_ends_no_user(name: str) -> None:
    told = Told()
    with hostile(name) as url:
        client = user(url, told, request_s=0.5)
        watch = gevent.spawn(keep_deadlines)
        try:
            for _ in range(3):
                ask(client)
                ask(client, "heartbeat", accepts=OK)
        finally:
            watch.kill()
    assert len(told.samples) == 6
    assert any(one.fault for one in told.samples)
    assert all(len(one.fault) <= 300 for one in told.samples)

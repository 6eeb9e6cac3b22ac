"""The probe and the urls against servers that are odd, hostile or silent; a server that the user gives."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from aioice import stun
from aioice.turn import make_integrity_key
from turn_kit import needs_coturn

from e2e.turn import TurnCannot, TurnError, TurnUnavailable, probe
from e2e.turn.given import TurnGiven
from e2e.turn.process import TurnProcess
from e2e.turn.urls import Offered, offered, parse, well_formed

USER, CREDENTIAL, REALM, NONCE = "1900000000:alice", "credential", "odd", b"nonce"
RELAY = ("127.0.0.1", 9)
SHORT_S = 0.6  # for what is silent
LONG_S = 60.0  # for what answers, however busy the machine
# A request and the number of its transaction, to what is sent back. What is answered late comes again,
# and is no other request.
Answering = Callable[[stun.Message, int], bytes]


@contextmanager
def answering(answer: Answering) -> Iterator[Offered]:
    """A UDP server that answers like this; what it sends back may be empty."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            numbers: dict[bytes, int] = {}
            while not over.is_set():
                try:
                    data, address = server.recvfrom(65536)
                except TimeoutError:
                    continue
                request = stun.parse_message(data)
                number = numbers.setdefault(request.transaction_id, len(numbers) + 1)
                server.sendto(answer(request, number), address)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield Offered(parse(f"turn:127.0.0.1:{server.getsockname()[1]}"), USER, CREDENTIAL)
        finally:
            over.set()
            thread.join()


def error(request: stun.Message, code: int) -> bytes:
    attributes = {"ERROR-CODE": (code, "no"), "REALM": REALM, "NONCE": NONCE}
    return bytes(stun.Message(request.message_method, stun.Class.ERROR, request.transaction_id, attributes))


def success(request: stun.Message, credential: str | None = CREDENTIAL) -> bytes:
    attributes = {"XOR-RELAYED-ADDRESS": RELAY, "LIFETIME": 600}
    made = stun.Message(request.message_method, stun.Class.RESPONSE, request.transaction_id, attributes)
    if credential is not None:
        made.add_message_integrity(make_integrity_key(USER, REALM, credential))
    return bytes(made)


def asked(answer: Answering, within_s: float = LONG_S) -> probe.Outcome:
    started = time.monotonic()
    with answering(answer) as offer:
        found = probe.ask(offer, within_s)
    assert time.monotonic() - started < within_s + 60
    return found


def test_credentials_are_shown_when_they_are_asked_for() -> None:
    seen: dict[int, stun.Message] = {}

    def answer(request: stun.Message, number: int) -> bytes:
        seen.setdefault(number, request)
        return error(request, 401) if number == 1 else success(request)

    found = asked(answer)
    assert (str(found), found.realm, found.relayed) == ("accepted", REALM, "127.0.0.1:9")
    assert "USERNAME" not in seen[1].attributes
    assert seen[2].attributes["USERNAME"] == USER and seen[2].attributes["NONCE"] == NONCE
    assert seen[2].check_message_integrity(make_integrity_key(USER, REALM, CREDENTIAL))
    # What was allocated is given back.
    assert (seen[3].message_method, seen[3].attributes["LIFETIME"]) == (stun.Method.REFRESH, 0)


def test_one_that_asks_for_no_credentials_is_told() -> None:
    found = asked(lambda request, number: success(request, None))
    assert found.open and str(found) == "accepted from anybody, without credentials"


@pytest.mark.parametrize("code", [400, 403, 486, 508])
def test_a_refusal_is_told_with_its_code(code: int) -> None:
    found = asked(lambda request, number: error(request, 401 if number == 1 else code))
    assert (str(found), found.code) == (f"refused with {code}", code)


def test_a_stale_nonce_is_shown_once_more() -> None:
    def answer(request: stun.Message, number: int) -> bytes:
        return {1: error(request, 401), 2: error(request, 438)}.get(number) or success(request)

    assert asked(answer).kind == "accepted"
    assert (
        str(asked(lambda request, number: error(request, 401 if number == 1 else 438))) == "refused with 438"
    )


def test_an_answer_signed_by_another_is_none() -> None:
    found = asked(lambda request, number: error(request, 401) if number == 1 else success(request, "other"))
    assert found.kind == "silent" and "not signed with the credential" in found.reason


@pytest.mark.parametrize(
    "nonsense",
    [
        b"",
        b"x",
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(20),
        b"\xff" * 200,
        b"\x01\x13\x00\x04!\x12\xa4B" + bytes(16),
    ],
)
def test_nonsense_is_silence(nonsense: bytes) -> None:
    assert asked(lambda request, number: nonsense, SHORT_S).kind == "silent"


def test_an_answer_to_another_request_is_not_taken() -> None:
    other = stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)
    assert asked(lambda request, number: success(other, None), SHORT_S).kind == "silent"


def test_what_is_lost_is_sent_again() -> None:
    came: list[bytes] = []

    def answer(request: stun.Message, number: int) -> bytes:
        came.append(request.transaction_id)
        return b"" if len(came) == 1 else error(request, 486)

    assert str(asked(answer)) == "refused with 486"
    assert came[0] == came[1]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_nobody_there_is_silence_soon(transport: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = parse(f"turn:127.0.0.1:{unused.getsockname()[1]}?transport={transport}")
        started = time.monotonic()
        found = probe.ask(Offered(url, USER, CREDENTIAL), SHORT_S)
    assert found.kind == "silent" and found.reason
    assert time.monotonic() - started < SHORT_S + 60


@pytest.mark.parametrize("piece", [b"", b"\x01\x13\xff\xff", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_stream_that_ends_or_never_ends_a_message_is_silence(piece: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                line.sendall(piece)
                if piece:
                    line.settimeout(60)
                    while line.recv(4096):
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        url = parse(f"turn:127.0.0.1:{server.getsockname()[1]}?transport=tcp")
        assert probe.ask(Offered(url, USER, CREDENTIAL), SHORT_S).kind == "silent"
        thread.join(90)


# -- urls


def test_urls_have_the_defaults_of_their_rfc() -> None:
    found = [
        parse(text) for text in ("turn:h", "turns:h", "turn:[::1]:5?transport=tcp", "turns:h:7?transport=tcp")
    ]
    assert [(url.host, url.port, url.transport, url.tls) for url in found] == [
        ("h", 3478, "udp", False),
        ("h", 5349, "tcp", True),
        ("::1", 5, "tcp", False),
        ("h", 7, "tcp", True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "stun:h",
        "turn:",
        "turn:h:0",
        "turn:h:65536",
        "turn:h?transport=sctp",
        "turn://h",
        "turn:a b",
        "turn:h\n",
    ],
)
def test_what_is_no_turn_url_is_told(text: str) -> None:
    with pytest.raises(TurnError, match="RFC 7065"):
        parse(text)


def test_loopback_is_told_without_a_look_up() -> None:
    texts = [
        "turn:127.0.0.1",
        "turn:127.9.9.9:1",
        "turn:[::1]",
        "turn:localhost",
        "turn:192.0.2.1",
        "turn:h.example",
    ]
    assert [parse(text).is_loopback for text in texts] == [True, True, True, True, False, False]


@pytest.mark.parametrize("odd", [None, "turn:h", [1, "x", None], [{}], [{"urls": None}], [{"urls": [1]}]])
def test_lists_of_servers_of_any_shape_are_read(odd: object) -> None:
    assert offered(odd) == []


def test_turn_urls_are_found_among_others() -> None:
    servers = [
        {"urls": "stun:h"},
        {"urls": ["stun:h", "turn:h"], "username": "u", "credential": "c"},
        {"urls": "turns:g", "username": "v"},
    ]
    assert [(one.url.text, one.username, one.credential) for one in offered(servers)] == [
        ("turn:h", "u", "c"),
        ("turns:g", "v", ""),
    ]


# -- a server that is given


def test_what_is_given_must_be_whole() -> None:
    with pytest.raises(TurnUnavailable, match="credentials are missing"):
        TurnGiven(600, ["turn:127.0.0.1"])
    with pytest.raises(TurnUnavailable, match="is not a TURN url"):
        TurnGiven(600, ["127.0.0.1:3478"], secret="s")


def test_a_given_server_can_be_asked_by_transport_and_not_looked_into() -> None:
    urls = ["turn:127.0.0.1:1", "turn:127.0.0.1:1?transport=tcp"]
    server = TurnGiven(600, urls, username="u", credential="c")
    assert server.ice_servers("alice")[0] == {
        "urls": ["turn:127.0.0.1:1?transport=udp", "turn:127.0.0.1:1?transport=tcp"],
        "username": "u",
        "credential": "c",
    }
    assert server.ice_servers("alice", "tcp")[0]["urls"] == ["turn:127.0.0.1:1?transport=tcp"]
    for what in (server.sessions, server.kill, server.restart):
        with pytest.raises(TurnCannot, match="given by --turn url"):
            what()
    with pytest.raises(TurnCannot, match="only the target's getIceServers"):
        TurnGiven(600).start().ice_servers("alice")
    with pytest.raises(TurnUnavailable, match=r"no allocation was had: turn:127\.0\.0\.1:1.*silent"):
        server.start()


@needs_coturn
def test_a_given_server_is_tried_before_any_check() -> None:
    with TurnProcess(600) as real:
        with TurnGiven(600, real.urls, secret=real.secret) as server:
            assert all(probe.ask(offer).kind == "accepted" for offer in offered(server.ice_servers("alice")))
        with TurnGiven(600, from_target=real.ice_servers) as server:
            assert [offer.url.text for offer in offered(server.ice_servers("bob"))] == list(real.urls)
            assert server.ice_servers("bob", "tcp")[0]["urls"] == [real.urls[1]]
        with pytest.raises(TurnUnavailable, match="refused with 401"):
            TurnGiven(600, real.urls, secret="another").start()


SOUND = {"urls": ["turn:a"], "username": "u", "credential": "c"}


@pytest.mark.parametrize(
    "nonsense",
    [
        *(
            None,
            7,
            "turn:a",
            {},
            [],
            [None],
            ["turn:a"],
            [{}],
            [{"urls": None}],
            [{"urls": []}],
            [{"urls": {}}],
        ),
        *([{"urls": [7]}], [{"urls": "turn:a", "username": 7}], [{**SOUND, "credential": ["c"]}]),
    ],
)
def test_nonsense_is_no_ice_server(nonsense: object) -> None:
    assert well_formed(nonsense) == []


def test_what_is_sound_beside_nonsense_is_taken() -> None:
    plain = {"urls": "stun:a"}
    assert well_formed([None, SOUND, {"urls": [None]}, plain]) == [SOUND, plain]

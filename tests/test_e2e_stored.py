"""What a page keeps, as the harness judges it: what can be read in it, and what comes again."""

from __future__ import annotations

import base64
import gzip
import json
import secrets
import tracemalloc
import zlib
from collections.abc import Callable
from functools import partial
from typing import cast

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from e2e.browser.growth import beyond_bound, when_old
from e2e.browser.stored import UNPACKED_MOST, Stored, forms
from protocol.marks import mark

KEY = bytes(32)
NOTHING = Stored((), (), 0, 0)


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_what_takes_no_key_to_read_is_read(before: str) -> None:
    known = mark()
    text = f"{before}{known} and more"
    written: list[str | bytes] = [
        text,
        text.encode("utf-16-le"),
        text.encode().hex(),
        base64.b64encode(text.encode()).decode(),
        gzip.compress(text.encode()),
        base64.b64encode(gzip.compress(json.dumps({"text": text}).encode())).decode(),
        json.dumps({"v": 1, "data": base64.urlsafe_b64encode(gzip.compress(text.encode())).decode()}),
        base64.b64encode(gzip.compress(text.encode())).rstrip(b"="),
        zlib.compress(text.encode()).hex(),
        base64.urlsafe_b64encode(("\xff\xfe\xfb" + text).encode("utf-16-le")).decode(),
    ]
    for one in written:
        in_text = isinstance(one, str)
        texts, blobs = ((one,), ()) if in_text else ((), (one,))
        found = Stored(cast("tuple[str, ...]", texts), cast("tuple[bytes, ...]", blobs), 1, len(one))
        assert found.readable([known, mark()]) == [known]
    assert Stored(("\ud800", "other"), (b"\x00\xff",), 2, 9).readable([known]) == []
    assert all(len(form) >= len(known) for form in forms(known))


def constant(text: bytes) -> bytes:
    return bytes(byte ^ 42 for byte in text)


def sealed(text: bytes, iv: bytes | None = None) -> bytes:
    own = iv or secrets.token_bytes(12)
    return own + AESGCM(KEY).encrypt(own, text, None)


@pytest.mark.parametrize("wrap", [bytes, bytes.hex, base64.b64encode, base64.urlsafe_b64encode])
def test_only_what_is_not_sealed_well_recurs(wrap: Callable[[bytes], str | bytes]) -> None:
    said = secrets.token_hex(1000)
    plain = [json.dumps({"id": mark(), "text": f"{mark()} {said}"}).encode() for _ in range(3)]

    def recurring(seal: Callable[[bytes], bytes]) -> int:
        written = [wrap(seal(one)) for one in plain]
        # Each in JSON with a long header, padded, and stored twice: as good clients may do.
        header = {"alg": "dir", "enc": "A256GCM", "kid": "k" * 300}
        texts = [json.dumps({**header, "data": one}) + " " * 999 for one in written if isinstance(one, str)]
        blobs = [one + bytes(999) for one in written if isinstance(one, bytes)]
        return Stored(tuple(texts * 2), tuple(blobs * 2), 6, 0).recurring(NOTHING)

    assert recurring(sealed) <= 1
    assert recurring(partial(sealed, iv=bytes(12))) == recurring(constant) == 3


def log_of(texts: list[str], seal: Callable[[bytes], bytes], picture: str = "") -> tuple[str, ...]:
    """A log to which each state of a message is appended, with what was sealed once."""
    records = [{"picture": picture, "data": seal(text.encode()).hex()} for text in texts]
    return tuple(
        json.dumps({"id": mark(), "state": state, **record})
        for record in records
        for state in ("waiting", "sent", "confirmed")
    )


@pytest.mark.parametrize("picture", ["", secrets.token_hex(900)], ids=["bare", "with a picture"])
def test_a_log_of_sealed_records_recurs_no_more_where_the_same_is_said(picture: str) -> None:
    """Against texts said once: as often as each is stored, times the times that the same was said."""
    said = secrets.token_hex(1000)
    once = [f"{mark()} {secrets.token_hex(1000)}" for _ in range(6)]
    alike = [f"{mark()} {said}" for _ in range(3)]

    def found(seal: Callable[[bytes], bytes]) -> tuple[int, int]:
        first = log_of(once[:3], seal, picture)
        second = first + log_of(once[3:], seal, picture)
        third = second + log_of(alike, seal, picture)
        visits = [Stored(texts, (), len(texts), 0) for texts in (first, second, third)]
        return visits[1].recurring(visits[0]), visits[2].recurring(visits[1])

    assert found(sealed) == (3, 3)
    assert found(constant) == found(partial(sealed, iv=bytes(12))) == (3, 9)


def test_what_unpacks_to_a_lot_is_not_held_at_once() -> None:
    known = mark()
    bomb = gzip.compress(bytes(UNPACKED_MOST))
    bombs = Stored((), (bomb,) * 200, 200, 200 * len(bomb))
    tracemalloc.start()
    try:
        assert bombs.readable([known]) == []
        assert tracemalloc.get_traced_memory()[1] < 10 * UNPACKED_MOST
    finally:
        tracemalloc.stop()
    some = Stored((), (bomb, gzip.compress(known.encode())), 2, 0)
    assert some.readable([known]) == [known]


def told(right: bool, wrong: bool) -> str:
    return "wrong" if wrong else "right" if right else "untold"


@pytest.mark.parametrize(
    ("first", "shortly", "last", "verdict"),
    [
        (113_000, 113_000, 100_500, "right"),
        (113_000, 113_000, 113_000, "wrong"),  # only hidden
        (118_000, 119_000, 107_500, "right"),  # a log takes some of each visit
        (118_000, 119_000, 120_000, "wrong"),
        (107_000, 107_000, 100_000, "right"),  # packed
        (107_000, 107_000, 107_200, "wrong"),
        (126_000, 126_000, 113_000, "untold"),  # half of it went: the rest may be a copy, or something else
        (213_000, 213_000, 200_000, "untold"),  # pictures came with the first visit
        (213_000, 213_000, 213_000, "wrong"),
        (119_000, 125_000, 131_000, "untold"),  # what grows so much by itself hides anything
    ],
)
def test_messages_that_are_too_old_have_gone(first: int, shortly: int, last: int, verdict: str) -> None:
    limits = when_old(100_000, first, shortly, 3000)
    assert told(last <= limits.right, last > limits.right and limits.tell(last)) == verdict


@pytest.mark.parametrize(
    ("some", "at_bound", "grown", "verdict"),
    [
        (360_000, 400_000, 0, "right"),
        (360_000, 400_000, 40_000, "wrong"),
        (360_000, 400_000, 39_500, "wrong"),
        (450_000, 500_000, 10_000, "right"),  # a line of a log for each
        (450_000, 500_000, 50_000, "wrong"),
        (900_000, 1_000_000, 60_000, "untold"),  # longer lines than messages
        (9_000_000, 10_000_000, 960_000, "untold"),
        (360_000, 500_000, 40_000, "untold"),  # pictures came meanwhile
        (327_680, 327_680, 65_536, "untold"),  # stored in blocks of one size
    ],
)
def test_messages_beyond_the_bound_have_gone(some: int, at_bound: int, grown: int, verdict: str) -> None:
    limits = beyond_bound((0, some, at_bound), (900, 100), 1200)
    assert told(grown <= limits.right, grown > limits.right and limits.tell(grown)) == verdict

"""Takes off the content coding of a body, within a bound: what a target sends may grow without end."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli

WHOLE = 1 << 16  # bytes put in, and taken out, at once
MEMBERS = 100  # of one gzip; whoever makes files of more means harm
GZIP = 16 + zlib.MAX_WBITS


class CodingError(Exception):
    """The body is not what its coding says, or is larger than the bound; one sentence says which."""


def decoded(raw: bytes, coding: str, most: int) -> bytes:
    """The body without its coding (gzip, br; identity or nothing is none), of `most` bytes at most.

    Raises CodingError.
    """
    name = coding.strip().lower()
    if name in ("", "identity"):
        return raw
    if name not in CODINGS:
        raise CodingError(f"no coding that was asked for: {name[:40]!r}")
    pieces: list[bytes] = []
    size = 0
    try:
        for piece in CODINGS[name](raw):
            size += len(piece)
            if size > most:
                raise CodingError(f"more than {most} bytes come out of {len(raw)} bytes of {name}")
            pieces.append(piece)
    except (zlib.error, brotli.error):
        raise CodingError(f"the body is no {name}") from None
    return b"".join(pieces)


def _gunzipped(raw: bytes) -> Iterator[bytes]:
    """Every member, one after the other (RFC 1952, 2.2)."""
    rest, members = memoryview(raw), 0
    while rest:
        members += 1
        if members > MEMBERS:
            raise CodingError(f"the gzip has more than {MEMBERS} members")
        member = zlib.decompressobj(GZIP)
        while not member.eof:
            fed = rest[:WHOLE]  # a little at a time: zlib copies what it leaves
            piece = member.decompress(fed, WHOLE)
            left = member.unused_data if member.eof else member.unconsumed_tail
            rest = rest[len(fed) - len(left) :]
            yield piece
            if not piece and not rest and not member.eof:
                raise CodingError("the gzip ends in the middle")


def _unbrotlied(raw: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    rest = raw
    while not stream.is_finished():
        piece = stream.process(rest, output_buffer_limit=WHOLE)
        rest = b""
        yield piece
        if not piece and stream.can_accept_more_data() and not stream.is_finished():
            raise CodingError("the brotli ends in the middle")


CODINGS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "br": _unbrotlied,
}

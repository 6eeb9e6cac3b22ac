"""Small PNG, GIF and WebP images, such of an exact number of bytes, and what of a picture an answer has.

Browsers draw every one, and so do decoders that know no more than the basic formats.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Protocol

PADDING = b"parley"  # what images of a wanted size are filled up with
WORD = struct.Struct(">I")
LITTLE = struct.Struct("<I")
BLOCK = 255  # bytes in one block of a GIF
CLEAR, DOT, END = 4, 0, 5  # codes of a GIF of two colours, in three bits

Pixels = tuple[int, int]  # width and height
ONE: Pixels = (1, 1)


class Picture(Protocol):
    """Makes an image of one colour: of `size` bytes, where that is more than it takes."""

    def __call__(self, size: int = 0, pixels: Pixels = ONE) -> bytes: ...


def png(size: int = 0, pixels: Pixels = ONE) -> bytes:
    """White (W3C PNG); filled up by a private chunk."""
    width, height = pixels
    head = b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", struct.pack(">IIBBBBB", *pixels, 8, 0, 0, 0, 0))
    rows = (b"\x00" + b"\xff" * width) * height
    tail = _png_chunk(b"IDAT", zlib.compress(rows)) + _png_chunk(b"IEND", b"")
    left = size - len(head) - len(tail)
    return head + (_png_chunk(b"paDd", _fill(left - 12)) if left >= 12 else b"") + tail


def gif(size: int = 0, pixels: Pixels = ONE) -> bytes:
    """Black (GIF89a); filled up by a comment."""
    head = b"GIF89a" + struct.pack("<HHBBB", *pixels, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    # The table of codes is cleared before every second dot, so that it never grows out of three bits.
    dots = pixels[0] * pixels[1]
    codes = [code for dot in range(dots) for code in ([DOT] if dot % 2 else [CLEAR, DOT])]
    packed = _bits([(code, 3) for code in (*codes, END)])
    blocks = b"".join(
        bytes([len(packed[at : at + BLOCK])]) + packed[at : at + BLOCK] for at in range(0, len(packed), BLOCK)
    )
    tail = b"\x2c" + struct.pack("<HHHHB", 0, 0, *pixels, 0) + b"\x02" + blocks + b"\x00\x3b"
    left = size - len(head) - len(tail) - 3
    return head + (b"\x21\xfe" + _gif_blocks(left) + b"\x00" if left >= 2 else b"") + tail


def webp(size: int = 0, pixels: Pixels = ONE) -> bytes:
    """Red, without loss or alpha (WebP, VP8L); of an even number of bytes by an unknown chunk.

    That chunk takes the extended format, whose flags are none: decoders of the basic formats (Go's) refuse
    the one that announces alpha in front of a VP8L.
    """
    width, height = pixels
    chunks = _riff_chunk(b"VP8L", _lossless(pixels))
    canvas = LITTLE.pack(0) + LITTLE.pack(width - 1)[:3] + LITTLE.pack(height - 1)[:3]
    extended = _riff_chunk(b"VP8X", canvas) + chunks
    left = size - 12 - len(extended)
    if left >= 8:
        chunks = extended + _riff_chunk(b"PADD", _fill(left - 8))
    return b"RIFF" + LITTLE.pack(4 + len(chunks)) + b"WEBP" + chunks


PICTURES: Mapping[str, Picture] = {"png": png, "gif": gif, "webp": webp}


def size_of(content: bytes) -> Pixels | None:
    """Width and height of a PNG, GIF or WebP image, as its header states them; None where it states none."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
        return width, height
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _webp_size(content[12:16], content[20:30])
    return None


def _webp_size(chunk: bytes, data: bytes) -> Pixels | None:
    """Of its first chunk, whose length is not looked at."""
    if chunk == b"VP8X" and len(data) == 10:
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if chunk == b"VP8L" and data[:1] == b"\x2f" and len(data) >= 5:
        both = int.from_bytes(data[1:5], "little")
        return (both & 0x3FFF) + 1, (both >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and data[3:6] == b"\x9d\x01\x2a" and len(data) == 10:
        width, height = struct.unpack("<HH", data[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def missing_end(content: bytes) -> str:
    """What an image lacks that was cut off, in words; empty where it has its end, or is no image at all."""
    if content.startswith(b"\x89PNG") and _png_chunk(b"IEND", b"") not in content:
        return "the chunk IEND, which ends a PNG"
    if content.startswith(b"GIF8") and not content.rstrip(b"\x00").endswith(b"\x3b"):
        return "the byte 3b, which ends a GIF"
    if content.startswith(b"RIFF"):
        less = int.from_bytes(content[4:8], "little") + 8 - len(content)
        return f"{less} of the bytes that its RIFF header announces" if less > 0 else ""
    return ""


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return WORD.pack(len(data)) + name + data + WORD.pack(zlib.crc32(name + data))


def _lossless(pixels: Pixels) -> bytes:
    """A VP8L stream whose every prefix code has one symbol, so that a pixel takes no bit (RFC 9649, 3)."""
    width, height = pixels
    plain = [(0, 1), (0, 1), (0, 1)]  # no transform, no colour cache, one group of codes
    green, red, blue, alpha = ([(0b101, 3), (value, 8)] for value in (0, 255, 0, 255))
    distance = [(0b001, 3), (0, 1)]
    fields = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3)]  # no alpha is used; version 0
    return b"\x2f" + _bits([*fields, *plain, *green, *red, *blue, *alpha, *distance])


def _bits(fields: list[tuple[int, int]]) -> bytes:
    """Values and how many bits each takes, the lowest bit first."""
    whole, taken = 0, 0
    for value, width in fields:
        whole |= value << taken
        taken += width
    return whole.to_bytes((taken + 7) // 8, "little")


def _gif_blocks(length: int) -> bytes:
    """Blocks that take exactly so many bytes, the one that says a block's length included."""
    found = b""
    while length:
        taken = min(BLOCK, length - 1)
        if length - 1 - taken == 1:  # one byte alone is no block
            taken -= 1
        found += bytes([taken]) + _fill(taken)
        length -= 1 + taken
    return found


def _riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + LITTLE.pack(len(data)) + data + b"\x00" * (len(data) % 2)


def _fill(length: int) -> bytes:
    return (PADDING * (length // len(PADDING) + 1))[:length]

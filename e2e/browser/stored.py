"""What a page keeps in IndexedDB, read by a script without knowing how its records are laid out.

Judged is what holds for every layout: no text of a message is found in any of it, neither plain nor written
in another way that takes no key to undo, and it grows and shrinks by about what the messages are long.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from e2e.browser.widget import STEP_S, Widget

SCRIPT = (Path(__file__).parent / "stored.js").read_text(encoding="utf-8")
MOST = 30_000_000  # characters and bytes
UNPACKED_MOST = 1_000_000  # bytes of one blob
UNPACKED_ALL = 30_000_000  # bytes of all
SEARCHED = 1_000_000  # bytes that are searched for runs that recur
RUN = 450  # bytes: more than a header has; whatever is twice as long holds one whole
VARIED = 12  # values among its bytes: with fewer it is padding
WRITTEN = re.compile(rb"[A-Za-z0-9+/_-]{40,}")  # what may be bytes in hex or base64, also within a JSON text
HEX = re.compile(rb"[0-9A-Fa-f]+")
FROM_URL = bytes.maketrans(b"-_", b"+/")  # base64url to base64 (RFC 4648, 5)
PACKED = (15, 31, -15)  # window bits of zlib, gzip and raw deflate (zlib's manual, inflateInit2)


@dataclass(frozen=True)
class Stored:
    """`size` is that of all texts and bytes, in characters and bytes."""

    texts: tuple[str, ...]
    blobs: tuple[bytes, ...]
    records: int
    size: int

    @classmethod
    def of(cls, found: dict[str, Any]) -> Stored:
        """What the script gave."""
        blobs = tuple(base64.b64decode(one) for one in found["bytes"])
        return cls(tuple(found["texts"]), blobs, int(found["records"]), int(found["size"]))

    def readable(self, marks: Iterable[str]) -> list[str]:
        """Which of the marks can be read in it without a key."""
        wanted = {mark: tuple(forms(mark)) for mark in marks}
        found: set[str] = set()
        for part in self._parts():
            found |= {mark for mark, ways in wanted.items() if any(way in part for way in ways)}
        return [mark for mark in wanted if mark in found]

    def recurring(self, before: Stored) -> int:
        """How often the same long run stands, at most, in what is new since then and had no such run before.
        What is sealed well comes as often as each text is stored, however often the same is said; what stands
        with each message, such as its sender's picture or a header, had come before.
        """
        known = set(before._pieces())
        earlier = b"\0".join(known)
        parts = [part for part in dict.fromkeys(self._pieces()) if part not in known]
        whole = b"\0".join(parts)[:SEARCHED]
        runs = (part[at : at + RUN] for part in parts for at in range(0, len(part) - RUN + 1, RUN))
        varied = (run for run in islice(runs, SEARCHED // RUN) if len(set(run)) >= VARIED)
        return max((whole.count(run) for run in varied if run not in earlier), default=0)

    def _pieces(self) -> list[bytes]:
        return [*(text.encode("utf-8", "surrogatepass") for text in self.texts), *self.blobs]

    def _parts(self) -> Iterator[bytes]:
        """All that is stored, then what it decodes and unpacks to, within a bound: little may make a lot."""
        pieces = self._pieces()
        yield b"\0".join(pieces)
        left = UNPACKED_ALL
        for part in chain.from_iterable((*map(_unpacked, self.blobs), *map(_decoded, pieces))):
            yield part
            left -= len(part)
            if left <= 0:
                return


def forms(mark: str) -> Iterator[bytes]:
    """How a text may be written without being encrypted: as UTF-8 and UTF-16, in hex and base64."""
    plain = mark.encode()
    yield plain
    yield from (mark.encode(name) for name in ("utf-16-le", "utf-16-be"))
    yield from (plain.hex().encode(), plain.hex().upper().encode())
    for offset in range(3):
        # Only the characters that the mark alone decides: those at its ends hold bits of its neighbours.
        whole = base64.b64encode(bytes(offset) + plain)
        yield whole[-(-offset * 8 // 6) : (offset + len(plain)) * 8 // 6]


def _decoded(piece: bytes) -> Iterator[bytes]:
    """The bytes that texts in base64, base64url or hex stand for, and what these unpack to."""
    for match in WRITTEN.finditer(piece):
        written = match[0][: 2 * UNPACKED_MOST]
        if HEX.fullmatch(written):
            made = bytes.fromhex(written[: len(written) // 2 * 2].decode())
        else:
            whole = written[: len(written) - (len(written) % 4 == 1)].translate(FROM_URL)
            made = base64.b64decode(whole + b"=" * (-len(whole) % 4))
        yield made
        yield from _unpacked(made)


def _unpacked(blob: bytes) -> Iterator[bytes]:
    for bits in PACKED:
        try:
            yield zlib.decompressobj(bits).decompress(blob, UNPACKED_MOST)
        except zlib.error:
            continue


async def stored(widget: Widget) -> Stored:
    """All that the page's origin has in IndexedDB now. Raises PageError."""
    step = widget.page.evaluate(SCRIPT, {"most": MOST})
    return Stored.of(await widget.do("what it stores can be read", step, STEP_S))

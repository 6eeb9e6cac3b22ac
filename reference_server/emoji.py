"""The emoji of each domain: their images, and what is known of them. No I/O, no HTTP.

An image is what its first bytes say; what its name or its declared type says is not asked.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from protocol.spec import Spec
from reference_server.clock import Clock
from reference_server.refusal import Conflict, NotFound, TooLarge, WrongType
from reference_server.state import iso

IMAGES = "/emoji/image/"  # where images are; the rest of their paths nobody can guess
IN_A_DOMAIN = 500
IN_A_DOMAIN_BYTES = 16 * 1024 * 1024  # of images: no domain takes the room of all
IN_ALL_BYTES = 256 * 1024 * 1024  # beyond it nothing is taken any more


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: its media type, and how its files begin."""

    media: str
    begins: re.Pattern[bytes]


def kinds(spec: Spec) -> tuple[Kind, ...]:
    """The formats that the policy names; `.` in a beginning stands for any half of a byte."""
    return tuple(
        Kind(entry["type"], re.compile(_bytes_of(entry["begins"]), re.DOTALL))
        for entry in spec.policy["emoji_images"].values()
    )


def _bytes_of(digits: str) -> bytes:
    pairs = (digits[at : at + 2] for at in range(0, len(digits), 2))
    return b"".join(b"." if "." in pair else re.escape(bytes.fromhex(pair)) for pair in pairs)


@dataclass(frozen=True, slots=True)
class Image:
    media: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji; `file` is the last part of its image's path."""

    id: str
    name: str
    domain: str
    by: str
    at: int
    file: str

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "url": f"{IMAGES}{self.file}",
            "domain": self.domain,
            "uploadedBy": self.by,
            "uploadedAt": iso(self.at),
        }


class Emojis:
    """All emoji. A domain sees its own and no other."""

    def __init__(self, clock: Clock, formats: tuple[Kind, ...], most_bytes: int) -> None:
        self._clock = clock
        self._formats = formats
        self._most_bytes = most_bytes
        self._domains: dict[str, dict[str, Emoji]] = {}
        self._images: dict[str, Image] = {}
        self._bytes: Counter[str] = Counter()  # by domain

    def clear(self) -> None:
        """Forgets every emoji."""
        self._domains.clear()
        self._images.clear()
        self._bytes.clear()

    def add(self, domain: str, name: str, content: bytes, by: str) -> Emoji:
        """Keeps an image under a name that the domain does not have yet."""
        if len(content) > self._most_bytes:
            raise TooLarge(f"An image has at most {self._most_bytes} bytes.")
        kind = self.kind_of(content)
        if kind is None:
            raise WrongType("file: expected an image: PNG, GIF or WebP.")
        mine = self._domains.get(domain, {})
        if any(one.name == name for one in mine.values()):
            raise Conflict("name: there is an emoji of this name.", field="name")
        if (
            len(mine) >= IN_A_DOMAIN
            or self._bytes[domain] + len(content) > IN_A_DOMAIN_BYTES
            or self._bytes.total() + len(content) > IN_ALL_BYTES
        ):
            raise Conflict("There are as many emoji as are kept.")
        file = f"{secrets.token_hex(16)}.{kind.media.rpartition('/')[2]}"
        emoji = Emoji(f"emoji_{secrets.token_hex(8)}", name, domain, by, self._clock.now_ms(), file)
        self._domains.setdefault(domain, {})[emoji.id] = emoji
        self._images[file] = Image(kind.media, content)
        self._bytes[domain] += len(content)
        return emoji

    def kind_of(self, content: bytes) -> Kind | None:
        """What the first bytes say."""
        return next((kind for kind in self._formats if kind.begins.match(content)), None)

    def of(self, domain: str) -> list[Emoji]:
        """The emoji of a domain, the first uploaded first."""
        return list(self._domains.get(domain, {}).values())

    def get(self, domain: str, emoji_id: str) -> Emoji:
        """Raises NotFound, for the emoji of another domain too."""
        found = self._domains.get(domain, {}).get(emoji_id)
        if found is None:
            raise NotFound("There is no such emoji.")
        return found

    def image(self, file: str) -> Image | None:
        return self._images.get(file)

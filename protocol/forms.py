"""Writes multipart/form-data (RFC 7578): what uploads are sent as. It reads none."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Part:
    """One part. With a file name it is a file, of the media type that is declared."""

    name: str
    content: bytes = field(repr=False)
    file_name: str | None = None
    media: str | None = None


def form(parts: Iterable[Part]) -> tuple[str, bytes]:
    """The Content-Type and the body of a form with these parts."""
    boundary = f"parley-{secrets.token_hex(12)}"
    pieces: list[bytes] = []
    for part in parts:
        described = f'Content-Disposition: form-data; name="{_quoted(part.name)}"'
        if part.file_name is not None:
            described += f'; filename="{_quoted(part.file_name)}"'
        typed = f"\r\nContent-Type: {part.media}" if part.media is not None else ""
        pieces.append(f"--{boundary}\r\n{described}{typed}\r\n\r\n".encode() + part.content + b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(pieces)


def _quoted(text: str) -> str:
    """As browsers write it (WHATWG HTML, multipart form data)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

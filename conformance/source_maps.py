"""Source maps of any hand: where a file names its own, and what is in one (ECMA-426). Nothing is trusted."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any
from urllib.parse import unquote_to_bytes

NAMING = b"sourceMappingURL="
COMMENTS = (b"//#", b"//@", b"/*#", b"/*@")


def named_in(content: bytes) -> str:
    """The URL that the last line of a script or a style names; "" where it names none."""
    text = content.rstrip()
    line = text[max(text.rfind(end) for end in (b"\n", b"\r")) + 1 :]
    head, _, url = line.rpartition(NAMING)
    words = url.removesuffix(b"*/").split(maxsplit=1)
    if not head.rstrip().endswith(COMMENTS) or len(words) != 1:
        return ""
    return words[0].decode("utf-8", "replace")


def of_data_url(url: str) -> bytes:
    """What a `data:` URL holds; nothing where it is broken."""
    head, _, data = url.partition(",")
    raw = unquote_to_bytes(data)
    try:
        return base64.b64decode(raw) if head.endswith(";base64") else raw
    except binascii.Error:
        return b""


def read(raw: bytes) -> dict[str, Any]:
    """A JSON object, which may begin with what keeps it from being run; {} for what is none."""
    try:
        found = json.loads(raw.removeprefix(b")]}'"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def sources(document: dict[str, Any]) -> int:
    """How many sources a map names, its sections together."""
    return sum(len(names) for part in _parts(document) if isinstance(names := part.get("sources"), list))


def mappings(document: dict[str, Any]) -> int:
    """How many characters of mappings it has, its sections together."""
    return sum(len(text) for part in _parts(document) if isinstance(text := part.get("mappings"), str))


def _parts(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The map itself, or those that the sections of an index map hold."""
    sections = document.get("sections")
    if not isinstance(sections, list):
        return [document]
    held = [section.get("map") for section in sections if isinstance(section, dict)]
    return [part for part in held if isinstance(part, dict)]

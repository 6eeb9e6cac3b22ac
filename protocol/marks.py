"""Marks: strings that nothing else contains. Every session description, candidate, key, name and token that
the suite sends carries one, so that what reaches somebody it was not meant for is known (PRIV-7).
"""

from __future__ import annotations

import re
import secrets

PATTERN = re.compile(rb"mk[0-9a-f]{16}")
LENGTH = 18


def mark() -> str:
    """A new mark; letters and digits only, so that it fits wherever the protocol takes text."""
    return f"mk{secrets.token_hex(8)}"


def marks_in(text: bytes) -> set[str]:
    """The marks that a text holds."""
    return {found.decode("ascii") for found in PATTERN.findall(text)}

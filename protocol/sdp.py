"""Candidate lines in a session description or around it (RFC 8839, section 5.1). Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

# foundation, component, transport, priority, address, port, type; then the extensions.
LINE = re.compile(
    r"candidate:\S+ \d+ \S+ \d+ (?P<address>[^\s\"\\]+) \d+ typ (?P<type>[a-z]+)(?P<rest>[^\r\n\"\\]*)",
    re.IGNORECASE,
)
RELATED = re.compile(r"raddr ([^\s\"\\]+)", re.IGNORECASE)


@dataclass(frozen=True)
class CandidateLine:
    """What a candidate tells of addresses; `related` is empty where there is no raddr."""

    type: str
    address: str
    related: str


def candidates_in(text: str) -> list[CandidateLine]:
    """The candidate lines in a text, which may be JSON with a description in it."""
    found = []
    for match in LINE.finditer(text):
        related = RELATED.search(match["rest"])
        found.append(CandidateLine(match["type"].lower(), match["address"], related[1] if related else ""))
    return found
